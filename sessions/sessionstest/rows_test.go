package sessionstest

import (
	"slices"
	"testing"
)

// rows says which rows of Django's behaviour (B) and which promises (R) the cases are about.
var rows = map[string]string{
	"OneOfManyReplacersWins":                                                                 "B-075 to B-077, B-086",
	"TraitsTellWhetherTheBrowserKeepsTheRecord":                                              "B-247, B-251, B-321",
	"RecordWhoseTimeHasPassedIsGone":                                                         "B-151, B-203, R-132",
	"DeletedRecordIsGone":                                                                    "B-079",
	"CreatedRecordLoadsBack":                                                                 "B-065, B-070 to B-074, B-078, B-080, B-312",
	"every way to answer saves once, before its first byte":                                  "R-56",
	"HEAD is answered with the headers of GET":                                               "R-56",
	"who waits after a save holds up nobody":                                                 "R-23",
	"a client that hangs up loses nothing that was done":                                     "R-53",
	"of two sessions in one request one is used and the other left alone":                    "R-05",
	"a cookie is made of cookie octets and lives 400 days at most":                           "R-60",
	"new sessions can be refused, and old ones go on":                                        "R-43",
	"a session of 200 kB is kept, and one byte beyond the limit loses nothing":               "R-95",
	"get tells value and absence and is no change":                                           "B-001, B-002, B-005, B-020, B-023",
	"set stores and marks":                                                                   "B-003, B-024, B-025",
	"delete removes, and a missing key changes nothing":                                      "B-004",
	"pop returns and removes, and a missing key changes nothing":                             "B-006, B-007, B-008",
	"set default keeps what is there":                                                        "B-009, B-010",
	"set all overwrites, and counts as a change if empty":                                    "B-011",
	"keys come in the order of their first setting":                                          "B-012, B-017",
	"clear removes all":                                                                      "B-013, R-42",
	"a session emptied of its last entry has no record":                                      "R-42",
	"values of every JSON type come back as they were":                                       "B-017, B-090, R-49",
	"nothing that a handler holds is shared with the session":                                "B-015",
	"a value that JSON cannot hold is refused at once and nothing is saved":                  "B-016",
	"a value of another type counts as absent, with an event":                                "R-48",
	"data is loaded once and at its first use":                                               "B-021, B-022, B-110",
	"emptiness is told without a load":                                                       "B-027, B-028",
	"the test cookie is an entry":                                                            "B-030, B-031, B-032, B-033",
	"an unknown key is never adopted":                                                        "B-065, B-066, B-080, B-311, B-312, R-03",
	"flush deletes the record and drops the key":                                             "B-081, B-024",
	"cycle key moves the data and ends the old key":                                          "B-082, B-083, R-06",
	"the old key is dead after a cycle":                                                      "B-082, R-06",
	"a save after a sign-out elsewhere fails and revives nothing":                            "B-077, B-086, R-10",
	"messages wait for the next page and survive parallel ones":                              "B-336",
	"a session over the limit is refused with its size and largest entries":                  "R-49, R-95",
	"a fault at any call of a visit loses and revives nothing":                               "R-142",
	"a change of key that fails at any step leaves one key that works":                       "R-06",
	"a sign-out at any step of another request is final":                                     "R-10, R-11",
	"a store that fails is neither a success nor a sign-out":                                 "R-52, R-117",
	"a record that cannot be read is a fresh session, and stays until that stores something": "R-46",
	"random histories are ones that could have happened":                                     "R-141",
	"a page that does not use the session changes nothing":                                   "B-111, B-115, B-125, R-40, R-64",
	"reading sends no cookie and varies on it":                                               "B-115, B-123, R-62, R-63, R-65",
	"a change is saved and the cookie sent with its attributes":                              "B-117, B-120, B-121, B-146, B-316, R-60",
	"the attributes follow the settings":                                                     "B-120, B-121, B-138, B-283 to B-288",
	"a request that ends nothing leaves a cookie alone that it does not know":                "B-112, B-113, B-126, B-242, R-41",
	"save every request renews record and cookie and creates nothing":                        "B-124, B-125, B-126, B-318, R-41, R-63",
	"5xx saves nothing and sends no cookie":                                                  "B-118, B-119, R-50",
	"a panic saves nothing":                                                                  "B-136, R-51",
	"flush and clear delete the cookie if there was one":                                     "B-112, B-114, B-127, B-128, B-129, B-251, R-07, R-42",
	"a cycled key goes into the cookie":                                                      "B-082, B-121, B-252",
	"a sign-out elsewhere makes a write 400 and a read empty":                                "B-132, B-133, B-135, R-10",
	"of several cookies the first that names a session counts":                               "B-140, R-05",
	"the key comes from the cookie only":                                                     "B-310, R-04",
	"Vary and Cache-Control of the handler are kept":                                         "B-116, R-62, R-63",
	"what is changed after the first byte is stored if the client holds the key":             "B-143, R-54",
	"a cookie engine cannot store what is changed after the first byte, and says so":         "R-54",
	"default expiry is the cookie age":                                                       "B-041, B-047, B-282",
	"an age counts from each save":                                                           "B-040, B-048, B-051, B-156",
	"0 ends with the browser, and the record lives for the cookie age":                       "B-041, B-053, B-157",
	"a moment is fixed whatever is saved until then":                                         "B-044, B-049, B-051",
	"back to the default removes the entry, and is no change if there is none":               "B-042, B-056",
	"a session whose own expiry has passed is not served":                                    "B-043, B-178, B-179, B-246, R-36, R-132",
	"an expiry that is no expiry counts as the default":                                      "B-046, B-052",
	"using a session moves its idle clock, and reading too often does not":                   "R-131",
	"reading is no activity, and save every request is":                                      "B-055, B-258",
	"an absolute age ends a busy session":                                                    "R-130",
	"200 parallel increments over HTTP count 200":                                            "R-20",
	"parallel writes of different keys all stay":                                             "R-21",
	"what was computed from an older read is refused, not lost":                              "R-22",
	"a set of what the handler never read is applied over another's change":                  "R-22",
	"knowing that a key is absent is knowledge too":                                          "R-22",
	"what was read before a save in between is still outdated after it":                      "R-22",
	"a flush during a request in flight stays":                                               "R-10, R-11",
	"a cycle of the key loses no parallel write":                                             "R-06, R-21",
	"emptying a session loses no parallel write":                                             "R-42",
	"CreateMakesAValidKey":                                                                   "R-02",
	"CreateMakesADifferentKeyEachTime":                                                       "B-071, B-073, B-154",
	"LoadOfUnknownKeyIsNotFoundAndCreatesNothing":                                            "B-080, B-312, R-41",
	"MalformedKeyIsNotFound":                                                                 "R-02, B-164, B-173, B-210",
	"LargeDataIsKept":                                                                        "R-95",
	"EndedContextDoesNothing":                                                                "R-117",
	"ReplaceStoresTheNewRecord":                                                              "B-076, B-214",
	"ReplaceWithEqualDataMovesTheTimes":                                                      "R-131",
	"ReplaceOfAChangedRecordIsAConflict":                                                     "R-22",
	"ReplaceOfAnUnknownKeyIsNotFound":                                                        "B-077, B-155",
	"ReplaceAfterDeleteIsNotFound":                                                           "B-086, R-10",
	"ParallelIncrementsAreAllCounted":                                                        "R-20",
	"ReplaceRacingDeleteNeverRevives":                                                        "R-11",
	"DeleteOfAMissingRecordIsNoError":                                                        "B-079, B-187",
	"TouchGoesForwardOnly":                                                                   "R-131",
	"TouchRacingReplaceLosesNoWrite":                                                         "R-131",
	"TouchRacingDeleteNeverRevives":                                                          "R-131",
	"ClearRemovesWhatHasExpiredAndNothingElse":                                               "B-158, B-233",
	"ClearWorksInBatchesThatCanBeInterrupted":                                                "R-134",
	"ClearLeavesWhatWasRenewed":                                                              "R-135",
}

func TestTheRowsAreThoseOfCases(t *testing.T) {
	names := map[string]bool{}
	for _, c := range cases {
		names[c.name] = true
	}
	for _, c := range slices.Concat(dictionaryCases, expiryCases, httpCases, answerCases, raceCases, faultCases, everyCallCases, historyCases) {
		names[c.name] = true
	}
	for name := range rows {
		if !names[name] {
			t.Errorf("there is no case %q", name)
		}
	}
}
