// Package otel tells OpenTelemetry what the store of the sessions is asked for: a span for each
// load, save and touch, below the span of the request. It is a module of its own, so that
// importers of the layer need no OpenTelemetry.
package otel

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"sessionlab/sessions"
)

// Observer returns an observer for [sessions.Config] that makes spans with tracer. A span names its
// session by the public ID, and never by the key.
func Observer(tracer trace.Tracer) sessions.Observer {
	return func(ctx context.Context, e sessions.Event) {
		name := spanName(e)
		if name == "" {
			return
		}
		// The event comes when all is over, and says how long it took.
		_, span := tracer.Start(ctx, name, trace.WithTimestamp(e.Time.Add(-e.Duration)), trace.WithAttributes(
			attribute.String("session.id", e.Session.String()),
			attribute.String("session.event", string(e.Kind)),
			attribute.String("session.op", e.Op)))
		if e.Attempts > 0 {
			span.SetAttributes(attribute.Int("session.replays", e.Attempts))
		}
		if e.Err != nil {
			span.RecordError(e.Err, trace.WithTimestamp(e.Time))
		}
		if e.Kind == sessions.Failed {
			span.SetStatus(codes.Error, e.Err.Error())
		}
		span.End(trace.WithTimestamp(e.Time))
	}
}

// spanName is "" for what asks no store, such as a cookie that is read or sent.
func spanName(e sessions.Event) string {
	switch e.Kind {
	case sessions.Loaded, sessions.Unknown, sessions.Expired, sessions.Corrupt:
		return "session load"
	case sessions.Created, sessions.Saved, sessions.KeyCycled, sessions.Flushed, sessions.Emptied,
		sessions.Retried, sessions.Interrupted:
		return "session save"
	case sessions.Touched:
		return "session touch"
	case sessions.Failed:
		return "session error"
	}
	return ""
}
