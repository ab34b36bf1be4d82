package class

import (
	"fmt"
	"strings"

	"rsc.io/qr"

	"sessionlab/views"
)

// QR is the QR code of a text; the zero one if the text does not fit.
func QR(text string) views.ClassQR {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return views.ClassQR{}
	}
	var path strings.Builder
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	return views.ClassQR{Size: code.Size, Path: path.String()}
}
