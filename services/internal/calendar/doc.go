// Package calendar is the one deadline engine of the suite: civil dates, the
// working days of the State Council's calendar, reporting periods and the
// windows inside them, and deadlines that show their arithmetic.
//
// Everything here counts whole days. An instant becomes a day once, at the
// edge, through DateOf and the location of the unit concerned; a day becomes an
// instant again only through Date.In. Between the two there is no time of day
// and so no question of zones.
//
// A year without holiday data is never a silent guess: Monday to Friday is
// assumed, the year is listed and the deadline is provisional. All types are
// values, safe for concurrent use.
package calendar
