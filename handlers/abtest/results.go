package abtest

import "context"

// Results is what an experiment has shown so far.
type Results struct {
	Status
	Variants []Result // in the order of the definition; the first is the one to beat
}

// Result is one variant's figures. Rates are fractions: 0.25 is a quarter.
type Result struct {
	Variant
	Exposures, Conversions int64

	// Rate is Conversions by Exposures, 0 if there were none.
	Rate float64
	// Interval holds the true rate in 95 of 100 such tests (Wilson).
	Interval Interval
	// Difference is Rate less that of the first variant; for the first itself 0.
	Difference float64
	// DifferenceInterval holds the true difference in 95 of 100 such tests
	// (Newcombe). For the first variant it is zero.
	DifferenceInterval Interval
}

// Differs reports whether the difference to the first variant is more than chance
// would explain: its interval leaves out 0. That holds for one look, planned beforehand.
// Whoever looks every hour and stops at the first true gives chance a new try each hour.
func (r Result) Differs() bool {
	return r.DifferenceInterval.Low > 0 || r.DifferenceInterval.High < 0
}

// Results returns the figures of e's present run.
func (s *Store) Results(ctx context.Context, e Experiment) (Results, error) {
	status, err := s.Status(ctx, e)
	if err != nil {
		return Results{}, err
	}
	rows, err := s.db.R.QueryContext(ctx, s.db.Q(`
		SELECT variant, exposures, conversions FROM lab_experiment_counts WHERE experiment = ? AND run = ?`),
		e.Name, status.Run)
	if err != nil {
		return Results{}, unavailable(e, "results", err)
	}
	defer rows.Close()
	type count struct{ exposures, conversions int64 }
	counts := map[string]count{}
	for rows.Next() {
		var variant string
		var c count
		if err := rows.Scan(&variant, &c.exposures, &c.conversions); err != nil {
			return Results{}, unavailable(e, "results", err)
		}
		counts[variant] = c
	}
	if err := rows.Err(); err != nil {
		return Results{}, unavailable(e, "results", err)
	}

	results := Results{Status: status}
	for i, v := range e.Variants {
		c := counts[v.Name]
		r := Result{Variant: v, Exposures: c.exposures, Conversions: c.conversions}
		r.Rate = rate(r.Conversions, r.Exposures)
		r.Interval = Wilson(r.Conversions, r.Exposures)
		if i > 0 {
			first := results.Variants[0]
			r.Difference = r.Rate - first.Rate
			r.DifferenceInterval = Newcombe(r.Conversions, r.Exposures, first.Conversions, first.Exposures)
		}
		results.Variants = append(results.Variants, r)
	}
	return results, nil
}
