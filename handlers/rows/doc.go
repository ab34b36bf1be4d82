// Package rows holds what has to be true of this program as a whole, and tests that need the
// whole of it: as a process that is killed, flooded and traced, and as the sources that it is
// made of.
//
// The table below leads from each row of the list of security and reliability rules to the
// tests that show it. Rows have the numbers that comments and names of tests cite, R-01 to
// Below a row's subject stand packages with their tests, and cases of a suite in quotes, by
// the beginning of their names; those of sessions/sessionstest are put to every engine: SQLite and
// PostgreSQL, files, memory and Redis, both together, and cookies. Where a rule is not shown in
// full, the last line says what is open, and why. A test of this package checks that no row is missing and that
// all that is named exists.
//
// # Keys, signing in and out
//
//	R-01 keys are random, and there is none without randomness
//	     sessions: TestKeysAreRandomAndEvenlySpread, TestWithoutRandomnessThereIsNoKey
//	R-02 what cannot be a key reaches no store
//	     sessions: TestWhatCannotBeAKeyReachesNoStore, TestOnlyKeysOfOurShapeAreLetThrough, FuzzValidKey
//	     sessions/sessionstest: "MalformedKeyIsNotFound"
//	     handlers: TestWhatNobodyIssuedIsNeverAdopted
//	R-03 a key that a stranger has planted is not used
//	     sessions/sessionstest: "an unknown key is never adopted"
//	     handlers: TestWhatNobodyIssuedIsNeverAdopted
//	R-04 the key comes from the cookie
//	     sessions/sessionstest: "the key comes from the cookie only"
//	     handlers: TestAKeyCountsInTheCookieAlone
//	R-05 the cookie's name is compared byte for byte
//	     sessions/sessionstest: "of several cookies the first that names a session counts", "of two sessions in one request one is used"
//	     handlers: TestTheNameOfTheCookieCountsByteForByte
//	R-06 a sign-in gives a new key and ends the old one
//	     sessions/sessionstest: "the old key is dead after a cycle", "a change of key that fails at any step leaves one key that works"
//	     handlers: TestEverySignInGivesANewKeyAndKeepsTheData, TestAPasswordChangeEndsTheOtherSessions
//	R-07 a sign-out ends the session on the server
//	     handlers: TestASignOutEndsTheSessionOnTheServer
//	     sessions/sessionstest: "flush and clear delete the cookie if there was one"
//	R-08 a new password ends the other sessions
//	     handlers: TestAPasswordChangeEndsTheOtherSessions
//	     handlers/accounts: TestAPasswordChangeEndsTheOtherSessions
//	R-09 users see and end their sessions; a closed account has none
//	     handlers: TestTheAccountTellsWhereOneIsSignedIn, TestSignOutEverywhereKeepsThisSessionAlone, TestADisabledAccountHasNoSessions
//	     handlers/accounts: TestAUserSeesAndEndsTheOwnSessions, TestADisabledAccountIsNobody
//
// # Requests at the same time
//
//	R-10 a slow request does not bring an ended session back
//	     sessions/sessionstest: "a sign-out elsewhere makes a write 400", "a sign-out at any step of another request is final", "ReplaceAfterDeleteIsNotFound"
//	     handlers: "R-10 a slow request does not revive an ended session"
//	R-11 nor does one that is just between two steps
//	     sessions/sessionstest: "a sign-out at any step of another request is final", "a flush during a request in flight stays", "ReplaceRacingDeleteNeverRevives"
//	     sessions/cacheddb: TestAnyOrderOfSteps
//	R-12 a cache that is filled late shows nothing that has ended
//	     sessions/cacheddb: TestLateFillNeverOutlivesTheRow, TestAnyOrderOfSteps, TestTwoProcessesOverPostgreSQLAndRedis, TestAWriteThatEndsHalfwayLeavesNoOldEntry
//	R-13 what a signed cookie cannot do is said
//	     handlers: TestTheChecklistSaysWhatTheEngineCannotDo, TestSignOutEverywhereKeepsThisSessionAlone
//	     sessions/signedcookies: TestAgeIsCheckedHere, TestACopyOfACookieWorksUntilItExpires, TestOfTwoRequestsAtOnceTheLaterOneWins
//	R-20 parallel increments are all counted
//	     sessions/sessionstest: "200 parallel increments over HTTP count 200", "ParallelIncrementsAreAllCounted"
//	     handlers: TestParallelVisitsAreAllCounted, TestTwoCopiesOfTheAppShareTheirVisitors, "R-20 200 parallel increments count 200"
//	     sessions/db: TestTwoProcessesLoseNoIncrement
//	     sessions/file: TestFourProcessesCountExactly, TestASaveOfAChangedFileIsAConflict
//	     sessions/cacheddb: TestTwoProcessesOverPostgreSQLAndRedis
//	R-21 parallel writes of different entries all stay
//	     sessions/sessionstest: "parallel writes of different keys all stay", "a cycle of the key loses no parallel write"
//	R-22 what was computed from an older read is refused
//	     sessions/sessionstest: "what was computed from an older read is refused, not lost", "knowing that a key is absent is knowledge too", "what was read before a save in between"
//	R-23 nobody waits for somebody else's request
//	     sessions/sessionstest: "who waits after a save holds up nobody"
//	     sessions/db: TestKilledProcessLosesNoAcknowledgedSave
//	     sessions/file: TestAKilledHolderBlocksNobody
//	R-24 conflicts without an end are given up in time
//	     sessions: TestAStoreThatAlwaysConflictsIsGivenUp
//
// # Signed cookies and signed records
//
//	R-30 every changed bit is noticed
//	     sessions/signing: TestEverySingleBitCounts
//	     sessions/signedcookies: TestEveryBitOfACookieCounts
//	     sessions: TestSignedRefuses
//	     sessions/cache: TestEveryBitOfARecordInRedisCounts
//	R-31 so is every cut, and every mixture
//	     sessions/signing: TestOtherTextsAreRefused
//	     sessions/signedcookies: TestEveryBitOfACookieCounts, TestPartsOfTwoCookiesDoNotMix
//	R-32 each value has one text
//	     sessions/signing: TestTheLastCharacterIsCanonical, TestSignsLikeDjango
//	     sessions/signedcookies: TestOneTextForEachCookie
//	R-33 a signature is good for one purpose
//	     sessions/signing: TestOtherTextsAreRefused, TestASignatureIsGoodForOnePurpose
//	     sessions/signedcookies: TestACookieIsGoodForOneThing
//	     sessions/cache: TestARecordInRedisIsGoodForItsKeyAlone
//	R-34 a cookie that browsers would drop is not sent
//	     sessions/signedcookies: TestSizeLimitIsExact
//	     handlers: TestOneSessionCannotGrowWithoutEnd, TestDataThatDoNotFitTheOtherEngineChangeNothing
//	R-35 what is compressed is bounded when it is read
//	     sessions/signing: TestInflateIsBounded
//	     sessions: TestSizeIsLimitedBothWays
//	     sessions/signedcookies: TestNothingIsMadeThatCannotBeRead
//	R-36 the age is signed, and the server looks at it
//	     sessions/signedcookies: TestAgeIsCheckedHere
//	     handlers: TestTheServerDecidesWhenASessionEnds
//	R-37 keys are rotated without signing anybody out
//	     sessions/signing: TestKeysRotate
//	     sessions/signedcookies: TestKeysRotate
//	     handlers: TestASignInOutlivesAChangeOfTheSecretKey
//	R-38 a weaker form never counts
//	     sessions: TestSignedRefuses
//	     sessions/signedcookies: TestACookieIsGoodForOneThing
//	R-39 a record is a JSON object and nothing else
//	     sessions: TestDecodeRefuses, TestSignedRefuses, FuzzDecode
//
// # Nothing for nothing, and bad input
//
//	R-40 who stores nothing gets no cookie and no record
//	     handlers: TestWhoeverStoresNothingGetsNoCookieAndNoRecord, TestPassivePagesSetNoCookie
//	     sessions/sessionstest: "a page that does not use the session changes nothing"
//	R-41 unknown keys cost no record
//	     handlers: TestUnknownKeysCostNoRecord, TestFailuresMakeNoSession
//	     sessions/sessionstest: "LoadOfUnknownKeyIsNotFoundAndCreatesNothing", "save every request renews record and cookie"
//	R-42 an emptied session is gone
//	     sessions/sessionstest: "a session emptied of its last entry has no record", "flush and clear delete the cookie if there was one"
//	R-43 one address begins a bounded number of sessions
//	     handlers: TestOneAddressBeginsABoundedNumberOfSessions
//	     handlers/limit: TestABucketIsFullAtFirstAndFillsEvenly
//	     sessions/sessionstest: "new sessions can be refused, and old ones go on"
//	R-44 random cookies do no harm
//	     handlers: TestThousandsOfRandomCookiesDoNoHarm
//	     sessions: FuzzCookieHeader
//	R-45 malformed requests are refused
//	     handlers: TestMalformedRequestsAreRefused, TestAFormThatCannotBeReadIsRefused
//	R-46 a broken record is a fresh session, told once
//	     sessions/sessionstest: "a record that is none is a fresh session, told once"
//	     handlers: TestADamagedRecordIsAFreshSession
//	     sessions/file: TestDamagedContentIsForTheCodec
//	     sessions/cache: TestRedisValueOfSomebodyElseIsNotFound
//	R-47 a damaged record is noticed
//	     sessions: TestSignedRefuses
//	     sessions/signing: TestEverySingleBitCounts
//	     sessions/cache: TestEveryBitOfARecordInRedisCounts, TestARecordInRedisIsGoodForItsKeyAlone, TestATouchedRecordInRedisIsWhole
//	R-48 a value of another type is a zero value, and told
//	     sessions/sessionstest: "a value of another type counts as absent, with an event"
//	     handlers: TestStrangeValuesBreakNoPage
//	R-49 JSON is bounded, and keeps large numbers
//	     sessions: TestDecodeRefuses, TestLastOfEqualNamesWins, TestUnmarshalValueIntoAny, TestSizeIsLimitedBothWays
//	     sessions/interop: TestRandomSessions
//
// # Failed and unusual requests
//
//	R-50 an answer of 500 or above saves nothing
//	     sessions/sessionstest: "5xx saves nothing and sends no cookie"
//	     handlers: "R-50 an answer of 500 or above saves nothing"
//	R-51 so does a panic, and the server lives
//	     sessions/sessionstest: "a panic saves nothing"
//	     handlers: TestADroppedConnectionIsPassedOn, "R-51 a panic saves nothing and the server lives"
//	R-52 a failed save is no success page
//	     sessions/sessionstest: "a store that fails is neither a success nor a sign-out"
//	R-53 a client that hangs up loses nothing that was done
//	     sessions/sessionstest: "a client that hangs up loses nothing that was done"
//	     sessions/cacheddb: TestClientThatHangsUpLeavesNoOldEntry
//	     handlers: TestAClientThatHangsUpIsNoErrorOfTheLog
//	R-54 what comes after the first byte is stored or refused
//	     sessions/sessionstest: "what is changed after the first byte is stored if the client holds the key", "a cookie engine cannot store what is changed after the first byte"
//	     handlers: "R-54 a write after the first byte is stored or refused"
//	R-55 a stream holds no lock, and ends with its session
//	     handlers: TestR55_AStreamEndsWhenItsSessionExpires, TestR55_AStreamEndsWithAStolenKeyAndTellsItNothing, TestR55_200StreamsHoldNoLockAndEndAtOnceAtShutdown
//	R-56 every way to answer works
//	     sessions/sessionstest: "every way to answer saves once, before its first byte", "HEAD is answered with the headers of GET"
//
// # Cookies and caches
//
//	R-60 the cookie has its attributes
//	     handlers: TestTheCookieHasItsAttributesAndIsSentWhenItChanges
//	     sessions/sessionstest: "a cookie is made of cookie octets and lives 400 days at most", "the attributes follow the settings"
//	R-61 over HTTPS it is Secure, and a wrong prefix is no start
//	     handlers: TestOverHTTPSBrowsersAreToldToStayThere
//	     sessions: TestCookiesThatBrowsersDropAreRefused, TestTheCookieIsSecureWhereTheRequestIs
//	     main: TestFaultsAreOneClearLine
//	R-62 whatever looks at the session varies by cookie
//	     sessions/sessionstest: "reading sends no cookie and varies on it", "Vary and Cache-Control of the handler are kept"
//	     handlers: TestTheCookieHasItsAttributesAndIsSentWhenItChanges
//	R-63 it is kept out of shared caches
//	     sessions/sessionstest: "save every request renews record and cookie", "Vary and Cache-Control of the handler are kept"
//	     handlers: TestTheCookieHasItsAttributesAndIsSentWhenItChanges
//	R-64 files and health checks have no session
//	     handlers: TestWhatHasNoSessionAsksNoStore
//	     static: TestFilesAreServedUnderHashedNamesForAYear
//	R-65 the cookie is sent when it changes
//	     handlers: TestTheCookieHasItsAttributesAndIsSentWhenItChanges
//	     sessions/sessionstest: "reading sends no cookie and varies on it", "a change is saved and the cookie sent with its attributes"
//
// # Other sites, and text from outside
//
//	R-70 another site cannot post
//	     handlers: TestNoOtherSiteCanMakeAVisitorPost
//	R-71 GET changes nothing
//	     handlers: TestNothingIsDoneByGET, TestHeadAndPrefetchDoNotCount
//	R-72 there is no way around the check
//	     handlers: TestNothingIsExceptedFromTheOriginCheck, TestNothingIsDoneByGET
//	R-73 redirects stay here
//	     handlers: TestRedirectsStayOnTheSite, TestTheWayBackStaysOnTheSite, TestThemeLeadsBackToWhereOneWas, FuzzLocation
//	R-74 no value breaks a header or a line of the log
//	     handlers: TestNoValueBreaksAHeaderOrALine
//	     handlers/eventlog: TestTextFromOutsideIsMadeStorable
//	R-75 Host and forwarded headers decide nothing
//	     handlers: TestRedirectsStayOnTheSite, TestOverHTTPSBrowsersAreToldToStayThere, TestGuessingIsThrottled, TestNothingIsExceptedFromTheOriginCheck
//	R-76 stored values are shown as text
//	     handlers: TestWhatVisitorsTypeIsShownAsText, TestTheInspectorShowsValuesAsTheyAreStored
//	     views: TestEveryPageIsSoundHTML
//	     handlers/browser: TestWhatVisitorsTypeRunsOnNoPage
//	R-77 templates stay in safe contexts
//	     views: TestRawHTMLIsWrittenForSourceOnly
//	     handlers: TestNothingIsExceptedFromTheOriginCheck
//	R-78 nothing is granted to other origins
//	     handlers: TestEveryAnswerCarriesTheHeadersThatProtectIt
//	R-80 every page has its policy and keeps to it
//	     handlers: TestEveryAnswerCarriesTheHeadersThatProtectIt
//	     views: TestEveryPageIsSoundHTML
//	R-81 every answer has its other headers
//	     handlers: TestEveryAnswerCarriesTheHeadersThatProtectIt, TestOverHTTPSBrowsersAreToldToStayThere
//	R-82 a frame elsewhere stays empty
//	     handlers/browser: TestAFrameElsewhereStaysEmpty
//	     handlers: TestEveryAnswerCarriesTheHeadersThatProtectIt
//
// # Limits
//
//	R-90 bodies are bounded before they are read
//	     handlers: TestBodiesAreBounded
//	R-91 slow clients are cut off
//	     handlers: TestEveryClientHasItsTime, TestAStreamIsExceptedFromTheTimeOfAnAnswer
//	     handlers/rows: TestSlowClientsAreCutOffAndOthersServed
//	     handlers: TestAStreamOutlivesTheServersTimeLimits
//	     handlers/limit: TestSlowBodiesHoldNoPlaceOfTheCrowd
//	R-92 headers are bounded, and idle connections end
//	     handlers/rows: TestHeadersAreBounded
//	     handlers: TestEveryClientHasItsTime, TestAConnectionIsKeptForTheNextRequest
//	R-93 thousands of cookies cost nothing
//	     sessions: TestThousandsOfCookiesCostNothing
//	R-94 a crowd is asked to come again
//	     handlers: TestACrowdIsAskedToComeAgain
//	     handlers/limit: TestWhoWaitsInACrowdIsServedWhenAPlaceIsFree, TestSlowBodiesHoldNoPlaceOfTheCrowd
//	R-95 one session is bounded
//	     sessions/sessionstest: "a session of 200 kB is kept, and one byte beyond the limit loses nothing", "LargeDataIsKept"
//	     handlers: TestOneSessionCannotGrowWithoutEnd
//
// # Accounts, secrets, pages for debugging, logs
//
//	R-100 nobody learns which names exist
//	     handlers: TestNobodyLearnsWhoExists
//	     handlers/accounts: TestEveryFailureTakesTheSameTime
//	R-101 guessing is throttled
//	     handlers: TestGuessingIsThrottled
//	     handlers/accounts: TestTenFailuresAtOneNameFromOneNetwork, TestANetworkIsCountedAsAWhole, TestADeviceThatHasSignedInBeforeIsNeverLockedOutByOthers, TestTheTableOfFailuresIsBounded
//	R-102 passwords are hashed as they should be
//	     handlers/accounts: TestWhichPasswordsAreTaken, TestTheLastByteOfALongPasswordCounts, TestAnOlderHashIsReplacedAtSignIn, TestEveryFailureTakesTheSameTime, TestWaitingForACoreEnds
//	     handlers/rows: TestAHundredSignInsTakeLittleMemoryAndHoldUpNobody, TestAPasswordOfAMegabyteCostsNoMoreThanAShortOne
//	R-103 demo accounts are for DEBUG
//	     handlers: TestDemoAccountsNeedDebug
//	     handlers/accounts: TestDemoAccountsExistForDebugOnly
//	R-104 without a strong key there is no start
//	     handlers/config: TestAWeakKeyDoesNotStartWithoutDebug, TestWithDebugAKeyIsMadeAndKept
//	     main: TestFaultsAreOneClearLine, TestInspectShowsTheSession
//	R-105 visitors see their own session
//	     handlers: TestAVisitorSeesTheOwnSessionAlone, TestWithoutDebugNothingIsShownOfAnySession, TestEventsOnEveryEngine, TestTheOutcomeIsTheVisitorsOwn
//	     handlers/config: TestPublicSettingsNameNoPathHostOrSecret
//	R-106 secrets stay where they belong
//	     handlers/rows: TestSecretsStayWhereTheyBelong
//	     handlers: TestAVisitorSeesTheOwnSessionAlone
//	     handlers/config: TestSecretsAreShownByTheirLengthAlone, FuzzSettings
//	     sessions/db: FuzzPostgresURL
//	     sessions/cache: FuzzURL
//	R-107 keys are in the cookie and the store alone
//	     handlers/rows: TestSecretsStayWhereTheyBelong
//	     handlers: TestAVisitorSeesTheOwnSessionAlone, TestTheInspectorCoversHalfOfTheKey
//	     sessions/cache: TestRedisHoldsAHashOfTheKey
//	     sessions/file: TestErrorsShowNoKey
//	     sessions/scsstore: TestHashedKeysAreNotInTheStore
//	R-108 each event is a line, and a flood a few
//	     handlers: TestEachEventIsALineOfTheLog, TestR108_AFloodOfMadeUpCookiesIsAFewLines, TestThousandsOfRandomCookiesDoNoHarm
//	R-109 DEBUG for others is warned of
//	     handlers/rows: TestDebugForOthersIsWarnedOfInCapitals
//	     handlers: TestDebugForEverybodyWarnsOnEveryPage, TestEveryAnswerCarriesTheHeadersThatProtectIt
//	     handlers/config: TestDebugIsOnWhereNobodyElseCanLook
//
// # Crashes, disks, databases
//
//	R-110 a kill loses nothing that was acknowledged
//	     handlers/rows: TestNothingAcknowledgedIsLostByAKill
//	     sessions/db: TestKilledProcessLosesNoAcknowledgedSave
//	R-111 nor does a loss of power
//	     handlers/rows: TestAnswersLeaveAfterTheDiskHasTheData
//	     sessions/db: TestSQLitePragmasAreInForce
//	R-112 a signal lets everything end that was sent before it
//	     handlers/rows: TestASignalLetsWhatWasSentBeforeItEnd, TestASecondSignalEndsAtOnce
//	R-113 a full disk is an error, and heals
//	     sessions/file: TestAFullDiskIsAnErrorAndHeals
//	     sessions/db: TestFullDiskIsAnErrorAndHeals
//	R-114 a file that is read-only, locked, gone or damaged is an error
//	     sessions/db: TestReadOnlyFileCanBeReadAndWritesAreErrors, TestLockOfAnotherProcessIsWaitedFor, TestRemovedFileIsAnError, TestDamagedFileIsAnErrorAndNoPanic, TestFileThatIsDamagedAtTheStartIsNamed
//	     main: TestFaultsAreOneClearLine
//	R-115 a server that refuses is an error until it is back
//	     sessions/db: TestPostgresThatWasStoppedIsAnErrorUntilItIsBack, TestPostgresThatIsOutOfReachIsAnErrorUntilItIsBack
//	     sessions/cache: TestRedisOutage, TestRedisServerThatComesLater
//	R-116 so is one that is silent or slow, in time
//	     sessions/db: TestPostgresThatIsOutOfReachIsAnErrorUntilItIsBack, TestPostgresTimesAreBounded
//	     sessions/cache: TestRedisOutage
//	     handlers: TestASilentDatabaseOfTheAccountsIsAnErrorInTime
//	R-117 a store that is down signs nobody out
//	     sessions/sessionstest: "a store that fails is neither a success nor a sign-out", "EndedContextDoesNothing"
//	     handlers: TestAStoreThatIsGoneSignsNobodyOut, TestAccountsOutOfReachSignNobodyOut
//	     sessions/file: TestARemovedDirectoryLogsNobodyOut
//	     sessions/cache: TestRedisOutage
//	R-118 the database goes on without its cache
//	     sessions/cacheddb: TestConformanceWithoutACache, TestOutageOfTheCache, TestRestartWithOldDataThatNobodyNoticed, TestProcessThatDiedDuringAnOutage, TestFullCacheKeepsNoOldEntry
//	R-119 a cache that forgets has visitors begin anew
//	     sessions/cache: TestRedisThatForgetsOrIsFull, TestARestartOfRedisLeavesWhatItHasSaved
//	     sessions/cacheddb: TestCacheThatForgets
//
// # Files
//
//	R-120 they are for their owner from the first byte on
//	     sessions/file: TestDirectoryIsForItsOwner, TestModesFromTheFirstByte
//	     handlers/rows: TestSecretsStayWhereTheyBelong
//	R-121 nothing but regular files of ours is touched
//	     sessions/file: TestWhatIsNoRegularFile, TestSizeIsLimited
//	R-122 they are replaced as a whole
//	     sessions/file: TestReadersSeeWholeFiles, TestClearKnowsItsFiles
//	R-123 two processes do not overwrite each other
//	     sessions/file: TestFourProcessesCountExactly, TestAKilledHolderBlocksNobody
//
// # Time
//
//	R-130 a sign-in ends however busy it is
//	     handlers: TestTheAbsoluteAgeIsAnEndForEverybody, TestASignInHasALongestTime
//	     sessions/sessionstest: "an absolute age ends a busy session"
//	R-131 a session that nobody uses ends
//	     handlers: TestTheIdleClockIsExactAndReadingMovesIt, TestWhoIsAwayTooLongSignsInAgainAndComesBack
//	     sessions/sessionstest: "using a session moves its idle clock", "TouchRacingReplaceLosesNoWrite", "TouchRacingDeleteNeverRevives", "TouchGoesForwardOnly"
//	     sessions: TestReadingMovesTheIdleClockOnceInATenth
//	     handlers/browser: TestIdleTimeoutInTheBrowser, TestIdleTimeoutWithoutScripts, TestStayingSignedInTooLateIsTold
//	R-132 the server decides when
//	     handlers: TestTheServerDecidesWhenASessionEnds, TestAnExpiredTwinIsRefusedByTheClockAndADeletedOneIsUnknown
//	     sessions/sessionstest: "a session whose own expiry has passed is not served", "RecordWhoseTimeHasPassedIsGone"
//	     sessions: TestTheLayerLooksAtTheClockItself
//	     sessions/scsstore: TestAStoreThatLooksAtNoClockServesNothingExpired
//	R-133 clocks may jump
//	     handlers: TestAJumpOfTheClockSignsNobodyOutEarly, TestAJumpOfTheClockMakesNoSignInLonger, TestASignInByAWrongClockIsWrongByAsMuch, TestFarYearsAreYearsLikeOthers
//	     sessions/db: TestPostgresClockIsNotAsked
//	     sessions/signing: TestStampFromFarAway
//	     open: a sign-in by a clock that is fast lasts longer by as much once it is set right; a clock that is set back suspends signed cookies until it has caught up
//	R-134 clearing lets others work (go run ./sessions/benchmark -scale for a million records)
//	     sessions/sessionstest: "ClearWorksInBatchesThatCanBeInterrupted"
//	     sessions/db: TestSavesGetInWhileClearing
//	     sessions/file: TestClearStopsBetweenBatches
//	     open: with thousands of records in each run
//	R-135 a session that is renewed meanwhile is not cleared
//	     sessions/sessionstest: "ClearLeavesWhatWasRenewed"
//	     sessions/file: TestClearLooksAgainUnderTheLock
//
// # How this is known
//
//	R-140 one suite for every engine
//	     sessions/db: TestConformance, TestLayer
//	     sessions/file: TestConformance, TestLayer
//	     sessions/cache: TestMemoryConformance, TestRedisConformance, TestRedisWithHashedKeysConformance, TestLayer
//	     sessions/cacheddb: TestConformance, TestLayer
//	     sessions/signedcookies: TestConformance, TestLayer
//	     sessions/scsstore: TestConformance, TestLayer
//	R-141 random histories, with expiry (SESSIONSTEST_HISTORIES=60s for longer ones)
//	     sessions/sessionstest: "random histories are ones that could have happened", TestAHistoryShowsABrokenEngine
//	     sessions/cacheddb: TestAnyOrderOfSteps
//	R-142 a fault at every call
//	     sessions/sessionstest: "a fault at any call of a visit loses and revives nothing", "a sign-out at any step of another request is final"
//	R-143 fuzzing
//	     sessions: FuzzCookieHeader, FuzzValidKey, FuzzExpiry, FuzzDecode, FuzzValue
//	     sessions/signing: FuzzUnsign, FuzzStamp, FuzzLoad, FuzzInflate, FuzzDump
//	     sessions/signedcookies: FuzzLoad
//	     sessions/file: FuzzParse
//	     sessions/cache: FuzzRedisReply, FuzzURL
//	     sessions/db: FuzzSQLiteURL, FuzzPostgresURL
//	     sessions/interop: TestRandomSessions
//	     handlers: FuzzLocation, FuzzForms, FuzzLastEventID
//	     handlers/config: FuzzSettings
//	R-144 nothing is left behind (SESSIONLAB_REQUESTS=1000000 for a million requests on each engine)
//	     handlers: TestRequestsLeaveNothingBehind
//	     handlers/rows: TestASignalLetsWhatWasSentBeforeItEnd
//	     sessions/sessionstest/testserver: Main
//	     open: 900 requests in each run; the million was run on the memory engine
//	R-145 libraries are new enough
//	     handlers/rows: TestLibrariesAreNewEnough
//	     open: govulncheck needs the network and is make vuln, no part of make test
//	R-146 the tests can fail (make mutants)
//	     handlers/rows: TestEveryMutantFitsTheSources
//	     sessions/sessionstest: TestEveryCaseCatchesABrokenEngine, TestAHistoryShowsABrokenEngine
package rows
