// Package forms reads the forms that visitors send into structs, checks them by their tags,
// and says in plain English what is wrong with which field.
package forms

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-playground/form/v4"
	"github.com/go-playground/validator/v10"

	"sessionlab/views"
)

// MaxBody is how many bytes the body of a form may have.
const MaxBody = 64 << 10

// ErrUnreadable: the body is no form.
var ErrUnreadable = errors.New("forms: the form cannot be read")

var (
	decoder  = newDecoder()
	validate = newValidator()
)

// Read fills the struct that into points at with the fields of the request's form, by their
// form tags, and checks it by its validate tags. What is wrong with a field is returned as
// [views.Errors]; a body that is no form is [ErrUnreadable], and one that is too large an
// [http.MaxBytesError].
func Read(r *http.Request, into any) error {
	values, err := Values(r)
	if err != nil {
		return err
	}
	wrong := Check(into, Fill(into, values))
	if len(wrong) > 0 {
		return wrong
	}
	return nil
}

// Values are the fields of the request's form, urlencoded or multipart, and none of its
// query. Space around a value is dropped, and a line end is one character; a secret stays
// as it was typed.
func Values(r *http.Request) (url.Values, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	parse := r.ParseForm
	if kind == "multipart/form-data" {
		parse = func() error { return r.ParseMultipartForm(MaxBody) }
	}
	if err := parse(); err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return nil, fmt.Errorf("forms: read: %w", err)
		}
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	values := url.Values{}
	for name, typed := range r.PostForm {
		for _, v := range typed {
			if !Secret(name) {
				v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n"))
			}
			values.Add(name, v)
		}
	}
	return values, nil
}

// Secret reports whether a field of this name holds what may be kept and shown nowhere.
func Secret(name string) bool { return strings.Contains(name, "password") }

// Keepable is what may be kept of a form that was not accepted, to be shown again: no
// secrets, and only what can be stored as text.
func Keepable(values url.Values) url.Values {
	kept := url.Values{}
	for name, typed := range values {
		if Secret(name) {
			continue
		}
		for _, v := range typed {
			kept.Add(strings.ToValidUTF8(name, "\uFFFD"), strings.ToValidUTF8(v, "\uFFFD"))
		}
	}
	return kept
}

// Fill fills the struct that into points at, and returns the names of the fields whose
// values are of another type than the struct's; those stay as they were.
func Fill(into any, values url.Values) (misread []string) {
	var wrong form.DecodeErrors
	if errors.As(decoder.Decode(into, values), &wrong) {
		for name := range wrong {
			misread = append(misread, name)
		}
	}
	return misread
}

// Check returns a sentence for each field of the struct that breaks its validate tag, and
// for each of the misread ones. A session is input too: check what comes out of it.
func Check(v any, misread []string) views.Errors {
	wrong := views.Errors{}
	for _, name := range misread {
		wrong[name] = "This value cannot be read."
	}
	var found validator.ValidationErrors
	if errors.As(validate.Struct(v), &found) {
		for _, f := range found {
			wrong[f.Field()] = sentence(f)
		}
	}
	return wrong
}

// sentence says what is wrong with a field.
func sentence(f validator.FieldError) string {
	switch f.Tag() {
	case "required":
		return "This field is required."
	case "email":
		return "Enter an email address like name@example.org."
	case "oneof":
		return "Choose one of these."
	case "max":
		return "Enter at most " + f.Param() + " characters."
	case "between":
		var from, to int
		_, _ = fmt.Sscan(f.Param(), &from, &to)
		return fmt.Sprintf("Enter a whole number from %d to %d.", from, to)
	case "line", "text":
		return "This contains a character that cannot be stored."
	}
	return "This value is not accepted."
}

// newDecoder decodes only fields with a form tag, so that no form sets anything else.
func newDecoder() *form.Decoder {
	d := form.NewDecoder()
	d.SetMode(form.ModeExplicit)
	d.RegisterTagNameFunc(func(f reflect.StructField) string {
		if name := f.Tag.Get("form"); name != "" || !f.Anonymous {
			return name
		}
		return f.Name // not used: the fields of an embedded struct stand for themselves
	})
	return d
}

// newValidator has three tags of our own: line and text for characters that can be stored
// and shown, without and with line ends, and between for whole numbers.
func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string { return f.Tag.Get("form") })
	register := func(tag string, ok func(validator.FieldLevel) bool) {
		if err := v.RegisterValidation(tag, ok); err != nil {
			panic(err) // the tag is empty or reserved
		}
	}
	register("line", func(f validator.FieldLevel) bool { return storable(f.Field().String(), "") })
	register("text", func(f validator.FieldLevel) bool { return storable(f.Field().String(), "\n\t") })
	register("between", func(f validator.FieldLevel) bool {
		var from, to int64
		_, err := fmt.Sscan(f.Param(), &from, &to)
		n := f.Field().Int()
		return err == nil && from <= n && n <= to
	})
	return v
}

// storable refuses control characters, apart from those in allowed, and bytes that are no
// UTF-8: PostgreSQL stores neither, and no page can show them.
func storable(text, allowed string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) && !strings.ContainsRune(allowed, r)
	})
}
