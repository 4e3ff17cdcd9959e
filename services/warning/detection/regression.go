package detection

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// regression is a quasi-Poisson model with a logarithmic link, fitted by iteratively reweighted least squares. It stops where the
// reference stops and takes the weights of the last step as that does: else bounds agree to four digits only.
type regression struct {
	rows         [][]float64
	counts       []float64
	prior        []float64
	linear       []float64 // logarithms of the means
	means        []float64
	working      []float64
	coefficients *mat.VecDense
	factors      mat.Cholesky
	covariance   *mat.SymDense // before the dispersion
	overall      float64       // dispersion as estimated, which may be below 1
}

const (
	steps     = 25
	tolerance = 1e-8
)

// fit fits counts to rows of the same length, each with its weight, or 1.
func fit(rows [][]float64, counts, weights []float64) *regression {
	n, k := len(counts), len(rows[0])
	r := &regression{
		rows: rows, counts: counts, prior: weights,
		linear: make([]float64, n), means: make([]float64, n), working: make([]float64, n),
		coefficients: mat.NewVecDense(k, nil), covariance: mat.NewSymDense(k, nil),
	}
	if r.prior == nil {
		r.prior = make([]float64, n)
		floats.AddConst(1, r.prior)
	}
	for i, count := range counts {
		r.means[i] = count + 0.1
		r.linear[i] = math.Log(r.means[i])
	}
	normal, right := mat.NewSymDense(k, nil), mat.NewVecDense(k, nil)
	before := r.deviance()
	for range steps {
		if !r.step(normal, right) {
			floats.AddConst(math.NaN(), r.coefficients.RawVector().Data) // nothing can be said
			return r
		}
		now := r.deviance()
		if math.Abs(now-before) < tolerance*(math.Abs(now)+0.1) {
			break
		}
		before = now
	}
	if r.factors.InverseTo(r.covariance) != nil {
		floats.AddConst(math.NaN(), r.coefficients.RawVector().Data)
		return r
	}
	pearson := 0.0
	for i, count := range counts {
		pearson += r.working[i] * (count/r.means[i] - 1) * (count/r.means[i] - 1)
	}
	r.overall = pearson / float64(n-k)
	return r
}

// step solves the normal equations once; false where they have no solution.
func (r *regression) step(normal *mat.SymDense, right *mat.VecDense) bool {
	normal.Zero()
	right.Zero()
	raw, b := normal.RawSymmetric(), right.RawVector().Data
	for i, row := range r.rows {
		weight := r.prior[i] * r.means[i]
		r.working[i] = weight
		response := weight * (r.linear[i] + r.counts[i]/r.means[i] - 1)
		for a, x := range row {
			if x == 0 {
				continue
			}
			b[a] += x * response
			for c := a; c < len(row); c++ {
				raw.Data[a*raw.Stride+c] += weight * x * row[c]
			}
		}
	}
	if !r.factors.Factorize(normal) || r.factors.SolveVecTo(r.coefficients, right) != nil {
		return false
	}
	for i, row := range r.rows {
		r.linear[i] = floats.Dot(row, r.coefficients.RawVector().Data)
		r.means[i] = math.Exp(r.linear[i])
	}
	return true
}

func (r *regression) deviance() float64 {
	total := 0.0
	for i, count := range r.counts {
		term := r.means[i] - count
		if count > 0 {
			term += count * math.Log(count/r.means[i])
		}
		total += 2 * r.prior[i] * term
	}
	return total
}

// dispersion is never below that of a Poisson model.
func (r *regression) dispersion() float64 { return max(1, r.overall) }

// at predicts the mean of a row.
func (r *regression) at(row []float64) prediction {
	mean := math.Exp(floats.Dot(row, r.coefficients.RawVector().Data))
	return prediction{mean: mean, variance: mean * mean * r.dispersion() * r.quadratic(row), dispersion: r.dispersion()}
}

// quadratic is the variance of a row's linear predictor before the dispersion.
func (r *regression) quadratic(row []float64) float64 {
	raw, total := r.covariance.RawSymmetric(), 0.0
	for a, x := range row {
		if x == 0 {
			continue
		}
		total += x * x * raw.Data[a*raw.Stride+a]
		for b := a + 1; b < len(row); b++ {
			total += 2 * x * row[b] * raw.Data[a*raw.Stride+b]
		}
	}
	return total
}

// pValue is that of a coefficient by Student's distribution.
func (r *regression) pValue(i int) float64 {
	t := r.coefficients.AtVec(i) / math.Sqrt(r.overall*r.covariance.At(i, i))
	student := distuv.StudentsT{Sigma: 1, Nu: float64(len(r.counts) - len(r.rows[0]))}
	return 2 * student.CDF(-math.Abs(t))
}

// weights are those of a second fit: less for counts whose standardised Anscombe residual is unusual, and as many in total.
func (r *regression) weights(unusual float64) []float64 {
	weights := make([]float64, len(r.counts))
	for i, count := range r.counts {
		mean := r.means[i]
		leverage := r.working[i] * r.quadratic(r.rows[i])
		residual := 1.5 * (math.Pow(count, 2./3)*math.Pow(mean, -1./6) - math.Sqrt(mean)) / math.Sqrt(r.dispersion()*(1-leverage))
		weights[i] = 1
		if residual > unusual {
			weights[i] = 1 / (residual * residual)
		}
	}
	floats.Scale(float64(len(weights))/floats.Sum(weights), weights)
	return weights
}
