package sessions

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"sessionlab/sessions/signing"
)

// Entry is one name and value of a session. Value is JSON in Django's text form (see
// [JSON]); it is decoded only when somebody asks for it. Entries keep the order in
// which their names were first set.
type Entry struct {
	Name  string
	Value jsontext.Value
}

// Codec turns entries into the bytes of a [Record] and back. It is safe for concurrent
// use.
type Codec interface {
	// Encode returns an error that wraps [ErrValue] for a name that is not UTF-8, and
	// [ErrTooLarge] for a session that Decode would not read.
	Encode(entries []Entry) ([]byte, error)
	// Decode returns an error that wraps [ErrDecode] for anything that is not a session.
	// What it returns may share memory with data, which must not change afterwards.
	Decode(data []byte) ([]Entry, error)
}

// ErrDecode: the bytes of a record are not a session that this program can read. The
// layer answers with a fresh session and an event. Where the
// signature did not fit, the error wraps [signing.ErrSignature] too.
var ErrDecode = errors.New("sessions: record cannot be read")

// InsecureUnsigned is the codec for stores that nobody else can write to: whoever can
// write a record chooses what the session holds, and with it who is signed in. Engines that
// keep their records private, or sign them themselves, get it by default; for others
// [New] wants it spelled out. It writes one JSON object, in the very text that Python's json module
// writes for Django. That is ASCII without white space, where floats keep their point
// (1.0 is not 1), so that neither side changes what the other one stored.
//
// Decode reads all that Django may have written, of two equal names the last one
// counts. Text that only Python takes for JSON (NaN, half a surrogate pair) is kept
// as it is, and fails when that one value is decoded. Nesting is limited to 100
// levels, and bytes outside of ASCII are refused: Django would take them for
// Latin-1.
type InsecureUnsigned struct{}

// Encode returns the JSON object.
func (InsecureUnsigned) Encode(entries []Entry) ([]byte, error) {
	return appendObject(make([]byte, 0, objectSize(entries)), entries)
}

// Decode splits the JSON object; the values share memory with data.
func (InsecureUnsigned) Decode(data []byte) ([]Entry, error) {
	return splitObject(data)
}

// Signed is the codec for records that leave the program's hands, and the form in which
// Django keeps sessions in its table and its files: the JSON object, compressed if that
// makes it shorter, base64, the time, a signature. Config.Secret chooses it.
type Signed struct {
	// Signer signs; to share records with Django its salt is [signing.StoreSalt].
	Signer *signing.Signer

	max int // Config.MaxSize: larger objects are neither written nor read; 0 is 1 MiB
}

const defaultMaxSize = 1 << 20

func (c Signed) maxSize() int {
	if c.max == 0 {
		return defaultMaxSize
	}
	return c.max
}

// Encode returns the signed text with the present time.
func (c Signed) Encode(entries []Entry) ([]byte, error) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	text, err := appendObject((*buf)[:0], entries)
	if err != nil {
		return nil, err
	}
	if cap(text) <= maxPooled {
		*buf = text[:0]
	}
	if len(text) > c.maxSize() {
		return nil, TooLarge(len(text), c.maxSize(), entries)
	}
	return c.Signer.DumpFast(text, time.Now()), nil
}

// Decode verifies the signature, whatever the time in it, and splits the JSON object.
func (c Signed) Decode(data []byte) ([]Entry, error) {
	entries, _, err := c.decode(data)
	return entries, err
}

// decode also returns when the record was signed, cut to seconds.
func (c Signed) decode(data []byte) ([]Entry, time.Time, error) {
	text, at, err := c.Signer.Load(data, c.maxSize())
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: %w", ErrDecode, err)
	}
	entries, err := splitObject(text)
	return entries, at, err
}

// decode decodes a record, and tells when it was encoded if the codec keeps that.
func (m *Manager) decode(data []byte) (entries []Entry, at time.Time, err error) {
	if c, ok := m.cfg.Codec.(Signed); ok {
		entries, at, err = c.decode(data)
	} else {
		entries, err = m.cfg.Codec.Decode(data)
	}
	if err != nil && !errors.Is(err, ErrDecode) {
		err = fmt.Errorf("%w: %w", ErrDecode, err)
	}
	return entries, at, err
}

// buffers holds the JSON text between its making and its signing.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxPooled keeps one large session from holding its memory for ever.
const maxPooled = 64 << 10

// TooLarge returns an error that wraps [ErrTooLarge] for a session that takes size
// bytes where limit bytes are allowed. It names the entries that take the most room.
func TooLarge(size, limit int, entries []Entry) error {
	const named = 3
	err := fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, size, limit)
	if len(entries) == 0 {
		return err
	}
	entries = slices.SortedStableFunc(slices.Values(entries), func(a, b Entry) int { return len(b.Value) - len(a.Value) })
	var largest []string
	for _, e := range entries[:min(named, len(entries))] {
		largest = append(largest, fmt.Sprintf("%q (%d)", clip(e.Name), len(e.Value)))
	}
	return fmt.Errorf("%w; largest keys: %s", err, strings.Join(largest, ", "))
}

// clip shortens a name for an error message.
func clip(name string) string {
	if len(name) > 40 {
		return strings.ToValidUTF8(name[:40], "") + "..."
	}
	return name
}
