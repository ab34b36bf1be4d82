package abtest

import "math"

// z is how many standard deviations to either side hold 95 % of a normal distribution.
const z = 1.959963984540054

// Interval is a range of values, its ends included.
type Interval struct{ Low, High float64 }

// Wilson returns the 95 % interval of a rate of which successes in trials were seen,
// by Wilson's score method (1927). Unlike the textbook formula it stays within 0 and
// 1 and is right for few trials and for rates near either end. No trials say
// nothing: 0 to 1.
func Wilson(successes, trials int64) Interval {
	if trials <= 0 {
		return Interval{0, 1}
	}
	n, p := float64(trials), rate(successes, trials)
	center := p + z*z/(2*n)
	spread := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	scale := 1 + z*z/n
	interval := Interval{max(0, (center-spread)/scale), min(1, (center+spread)/scale)}
	switch successes { // where rounding would leave a trace
	case 0:
		interval.Low = 0
	case trials:
		interval.High = 1
	}
	return interval
}

// Newcombe returns the 95 % interval of the difference between two rates, the first
// less the second, by Newcombe's hybrid score method (1998, his number 10): it is
// built of the two Wilson intervals and shares their good manners.
func Newcombe(successes1, trials1, successes2, trials2 int64) Interval {
	if trials1 <= 0 || trials2 <= 0 {
		return Interval{-1, 1}
	}
	p1, p2 := rate(successes1, trials1), rate(successes2, trials2)
	w1, w2 := Wilson(successes1, trials1), Wilson(successes2, trials2)
	return Interval{
		Low:  p1 - p2 - math.Hypot(p1-w1.Low, w2.High-p2),
		High: p1 - p2 + math.Hypot(w1.High-p1, p2-w2.Low),
	}
}

func rate(successes, trials int64) float64 {
	if trials <= 0 {
		return 0
	}
	return float64(successes) / float64(trials)
}
