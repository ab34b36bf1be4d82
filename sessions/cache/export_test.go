package cache

// Bytes returns what the records are counted to take.
func (m *Memory) Bytes() int64 { return m.bytes.Load() }

// Count counts the records and their bytes one by one.
func (m *Memory) Count() (records, bytes int) {
	for i := range m.shards {
		s := &m.shards[i]
		s.Lock()
		for _, e := range s.entries {
			records++
			bytes += int(e.size())
		}
		s.Unlock()
	}
	return records, bytes
}
