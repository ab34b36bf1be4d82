package signing

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"sync"
)

// compressed marks a payload that has to be inflated. It is part of what is signed.
const compressed = '.'

// encoding is strict: a last character with bits that nobody uses is refused, so that
// there is one text for each payload.
var encoding = base64.RawURLEncoding.Strict()

// stampAndSignature is the room that seal needs behind the payload.
const stampAndSignature = 1 + 12 + 1 + signatureLength

// pack returns data in base64, after compression by one of the deflaters if that makes it at
// least two bytes shorter: Django's rule. Without deflaters it is not compressed.
func pack(data []byte, by *sync.Pool) []byte {
	z := deflate(data, by)
	defer z.release()
	var dst []byte
	if z != nil && z.out.Len() < len(data)-1 {
		data = z.out.Bytes()
		dst = append(dst, compressed)
	}
	dst = append(make([]byte, 0, len(dst)+encoding.EncodedLen(len(data))+stampAndSignature), dst...)
	return encoding.AppendEncode(dst, data)
}

// unpack undoes pack; the result has at most limit bytes.
func unpack(payload []byte, limit int) ([]byte, error) {
	deflated := len(payload) > 0 && payload[0] == compressed
	if deflated {
		payload = payload[1:]
	}
	if bytes.IndexByte(payload, '\r') >= 0 || bytes.IndexByte(payload, '\n') >= 0 { // which the decoder would skip
		return nil, fmt.Errorf("%w: line break", ErrFormat)
	}
	if !deflated && encoding.DecodedLen(len(payload)) > limit {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFormat, encoding.DecodedLen(len(payload)), limit)
	}
	data, err := encoding.AppendDecode(nil, payload)
	if err != nil {
		return nil, fmt.Errorf("%w: base64: %w", ErrFormat, err)
	}
	if deflated {
		return inflate(data, limit)
	}
	return data, nil
}

// deflater is kept between uses, since making one takes most of a megabyte.
type deflater struct {
	w    *zlib.Writer
	out  bytes.Buffer
	pool *sync.Pool
}

// small compresses at zlib's default level, as Django does; fast at its fastest.
var small, fast = deflaters(zlib.DefaultCompression), deflaters(zlib.BestSpeed)

func deflaters(level int) *sync.Pool {
	pool := &sync.Pool{}
	pool.New = func() any {
		d := &deflater{pool: pool}
		d.w, _ = zlib.NewWriterLevel(&d.out, level) // fails for levels that do not exist
		return d
	}
	return pool
}

// deflate compresses data; nil if nothing can be won.
func deflate(data []byte, by *sync.Pool) *deflater {
	if by == nil || !worthwhile(data) {
		return nil
	}
	d := by.Get().(*deflater)
	d.out.Reset()
	d.w.Reset(&d.out)
	d.w.Write(data) // to memory: it cannot fail
	d.w.Close()
	return d
}

func (d *deflater) release() {
	const maxPooled = 64 << 10
	if d == nil {
		return
	}
	if d.out.Cap() > maxPooled {
		d.out = bytes.Buffer{} // one large session must not hold its memory
	}
	d.pool.Put(d)
}

// worthwhile spares short data the cost of compression: what repeats no three bytes can
// only gain from some bytes being more frequent than others, and that takes a table of
// them that is longer than the gain.
func worthwhile(data []byte) bool {
	const short = 40
	if len(data) > short {
		return true
	}
	for i := 3; i+3 <= len(data); i++ {
		if bytes.Contains(data[:i+2], data[i:i+3]) {
			return true
		}
	}
	return false
}

// inflater is kept between uses, with its tables.
type inflater struct {
	in bytes.Reader
	r  io.ReadCloser // a zlib.Resetter
}

var inflaters = sync.Pool{New: func() any { return &inflater{} }}

// inflate undoes deflate. It takes memory for at most limit bytes, and a little more
// while the result grows.
func inflate(data []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	defer func() {
		f.in.Reset(nil) // the data must not stay with it
		inflaters.Put(f)
	}()
	f.in.Reset(data)
	var err error
	if f.r == nil {
		f.r, err = zlib.NewReader(&f.in)
	} else {
		err = f.r.(zlib.Resetter).Reset(&f.in, nil)
	}
	if err != nil {
		f.r = nil
		return nil, fmt.Errorf("%w: zlib: %w", ErrFormat, err)
	}
	out := make([]byte, 0, min(4*len(data)+64, limit+1))
	for {
		n, err := f.r.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case len(out) > limit:
			return nil, fmt.Errorf("%w: inflates to more than %d bytes", ErrFormat, limit)
		case err == io.EOF && f.in.Len() > 0:
			return nil, fmt.Errorf("%w: zlib: %d bytes too many", ErrFormat, f.in.Len())
		case err == io.EOF:
			return out, nil
		case err != nil:
			return nil, fmt.Errorf("%w: zlib: %w", ErrFormat, err)
		case len(out) == cap(out):
			out = append(make([]byte, 0, min(2*cap(out), limit+1)), out...)
		}
	}
}
