package signing

import (
	"strings"
	"testing"
)

// sizes are sessions as they are met with: a counter, a cart, a long text.
var sizes = []struct{ name, data string }{
	{"counter", `{"visit_count":3}`},
	{"cart", `{"visit_count":12,"preferences":{"theme":"dark","font_size":14,"sidebar":true},"cart":{"1":{"quantity":2,"price":"19.99"},"7":{"quantity":1,"price":"5.00"}},"theme_preference":"dark"}`},
	{"text", `{"t":"` + strings.Repeat("The session layer keeps a small dictionary for every visitor. ", 48) + `"}`},
}

func BenchmarkDump(b *testing.B) {
	s := newSigner(b, StoreSalt, testKey)
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			data := []byte(size.data)
			for b.Loop() {
				s.Dump(data, moment)
			}
		})
	}
}

func BenchmarkDumpFast(b *testing.B) {
	s := newSigner(b, StoreSalt, testKey)
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			data := []byte(size.data)
			for b.Loop() {
				s.DumpFast(data, moment)
			}
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	s := newSigner(b, StoreSalt, testKey)
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			signed := s.Dump([]byte(size.data), moment)
			for b.Loop() {
				if _, _, err := s.Load(signed, 1<<20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	s := newSigner(b, StoreSalt, testKey)
	signed := s.Dump([]byte(sizes[1].data), moment)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.open(signed); err != nil {
			b.Fatal(err)
		}
	}
}
