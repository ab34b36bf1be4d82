package handlers

import (
	"log/slog"
	"net/http"

	"sessionlab/handlers/limit"
)

// NewServer returns a server for h that bounds how long clients may take. What it has to say
// itself goes to log.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: limit.HeaderTimeout, ReadTimeout: limit.ReadTimeout,
		WriteTimeout: limit.WriteTimeout, IdleTimeout: limit.IdleTimeout, MaxHeaderBytes: limit.Headers,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
