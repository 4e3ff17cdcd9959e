package detection

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
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
	coefficients []float64
	// normal holds the normal equations, then their Cholesky factors (mat.Cholesky would estimate a condition at each step) and
	// in the end the covariance before the dispersion. Of all, the upper triangle.
	normal  blas64.Symmetric
	overall float64 // dispersion as estimated, which may be below 1
}

const (
	steps     = 25
	tolerance = 1e-8
	rounding  = 1e-16
)

// fit fits counts to rows of the same length, each with its weight, or 1.
func fit(rows [][]float64, counts, weights []float64) *regression {
	n, k := len(counts), len(rows[0])
	r := &regression{
		rows: rows, counts: counts, prior: weights,
		linear: make([]float64, n), means: make([]float64, n), working: make([]float64, n),
		coefficients: make([]float64, k),
		normal:       blas64.Symmetric{Uplo: blas.Upper, N: k, Stride: k, Data: make([]float64, k*k)},
	}
	if r.prior == nil {
		r.prior = make([]float64, n)
		floats.AddConst(1, r.prior)
	}
	for i, count := range counts {
		r.means[i] = count + 0.1
		r.linear[i] = math.Log(r.means[i])
	}
	before := r.deviance()
	for range steps {
		if !r.step() {
			floats.AddConst(math.NaN(), r.coefficients) // nothing can be said
			return r
		}
		now := r.deviance()
		if math.Abs(now-before) < tolerance*(math.Abs(now)+0.1) {
			break
		}
		before = now
	}
	lapack64.Potri(r.factors())
	pearson := 0.0
	for i, count := range counts {
		pearson += r.working[i] * (count/r.means[i] - 1) * (count/r.means[i] - 1)
	}
	r.overall = pearson / float64(n-k)
	return r
}

// factors are those of the normal equations once these are solved.
func (r *regression) factors() blas64.Triangular {
	return blas64.Triangular{Uplo: blas.Upper, Diag: blas.NonUnit, N: r.normal.N, Stride: r.normal.Stride, Data: r.normal.Data}
}

// step solves the normal equations once; false where they have no solution.
func (r *regression) step() bool {
	r.equations()
	factors, definite := lapack64.Potrf(r.normal)
	if !definite || nearlySingular(factors) {
		return false
	}
	lapack64.Potrs(factors, blas64.General{Rows: factors.N, Cols: 1, Stride: 1, Data: r.coefficients})
	for i, row := range r.rows {
		r.linear[i] = floats.Dot(row, r.coefficients)
		r.means[i] = math.Exp(r.linear[i])
	}
	return true
}

// equations sets the normal equations up, their right side in place of the coefficients.
func (r *regression) equations() {
	clear(r.normal.Data)
	clear(r.coefficients)
	for i, row := range r.rows {
		weight := r.prior[i] * r.means[i]
		r.working[i] = weight
		response := weight * (r.linear[i] + r.counts[i]/r.means[i] - 1)
		for a, x := range row {
			if x == 0 {
				continue
			}
			r.coefficients[a] += x * response
			line := r.normal.Data[a*r.normal.Stride:]
			for c := a; c < len(row); c++ {
				line[c] += weight * x * row[c]
			}
		}
	}
}

// nearlySingular says whether what the factors solve is lost in rounding.
func nearlySingular(factors blas64.Triangular) bool {
	least, most := math.Inf(1), 0.0
	for i := range factors.N {
		diagonal := factors.Data[i*factors.Stride+i]
		least, most = min(least, diagonal), max(most, diagonal)
	}
	return !(least*least > most*most*rounding)
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
	mean := math.Exp(floats.Dot(row, r.coefficients))
	return prediction{mean: mean, variance: mean * mean * r.dispersion() * r.quadratic(row), dispersion: r.dispersion()}
}

// covariance is that of two coefficients, the second not before the first, before the dispersion.
func (r *regression) covariance(a, b int) float64 { return r.normal.Data[a*r.normal.Stride+b] }

// quadratic is the variance of a row's linear predictor before the dispersion.
func (r *regression) quadratic(row []float64) float64 {
	total := 0.0
	for a, x := range row {
		if x == 0 {
			continue
		}
		total += x * x * r.covariance(a, a)
		for b := a + 1; b < len(row); b++ {
			total += 2 * x * row[b] * r.covariance(a, b)
		}
	}
	return total
}

// pValue is that of a coefficient by Student's distribution.
func (r *regression) pValue(i int) float64 {
	t := r.coefficients[i] / math.Sqrt(r.overall*r.covariance(i, i))
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
