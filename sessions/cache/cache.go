// Package cache keeps sessions in the memory of the process, where they are quick to reach
// and end with it. [Memory] is an engine, as Django's cache engine is with a cache in local
// memory, and it can be the cache of package cacheddb. Package redis has the same for
// several processes.
//
// A record that there was no room for is gone: its visitor is anonymous and gets a new
// session. One that cannot fit at all is an error, where Django's cache says nothing.
package cache
