package handlers

import (
	"log/slog"
	"net/http"
	"time"
)

// How long a client may take for its headers, its whole request, and its answer, how long a
// connection may be idle, and how large the headers may be, in bytes.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 120 * time.Second
	maxHeader     = 32 << 10
)

// NewServer returns a server for h that bounds how long clients may take. What it has to say
// itself goes to log.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
