package officers

import (
	"context"
	"fmt"

	"github.com/qingfeng-suite/qingfeng/gateway/words"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/calendar"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
	"github.com/qingfeng-suite/qingfeng/services/internal/resource"
	"github.com/qingfeng-suite/qingfeng/services/network/store/db"
)

// Keys are the regions and keys of officers, in pairs, as queries over sets of officers take them.
type Keys struct{ Regions, Keys []string }

// ParseKeys takes the names in a request field apart; those that are none, or stand twice, are faults.
func ParseKeys(faults *fault.Fields, field string, names []string) Keys {
	k := Keys{Regions: make([]string, 0, len(names)), Keys: make([]string, 0, len(names))}
	seen := make(map[string]bool, len(names))
	for i, name := range names {
		region, key, err := resource.Split(name)
		switch at := fmt.Sprintf("%s[%d]", field, i); {
		case err != nil:
			faults.Add(at, words.UnknownOfficer(name))
		case seen[name]:
			faults.Add(at, words.Duplicate(name))
		}
		seen[name] = true
		k.Regions, k.Keys = append(k.Regions, region), append(k.Keys, key)
	}
	return k
}

// Which tells which officers may be named, among those who serve or served in one of some subtrees.
type Which struct {
	Subtrees []string
	// InOffice are only those in office now, ServedOn only those who were at some time of a day.
	InOffice bool
	ServedOn calendar.Date
	// InvitedTo is the key of a training session; whoever is or was invited to it may be named wherever they serve since.
	InvitedTo string
}

// Check notes a fault for each of these officers who may not be named, in one query.
func (w Which) Check(ctx context.Context, tx db.DBTX, faults *fault.Fields, field string, k Keys) error {
	p := db.OfficersUnderParams{
		Regions: k.Regions, OfficerKeys: k.Keys, Subtrees: w.Subtrees, InOffice: w.InOffice, SessionKey: w.InvitedTo,
	}
	if w.ServedOn != (calendar.Date{}) {
		p.ServedOn = w.ServedOn.String()
	}
	rows, err := db.New(tx).OfficersUnder(ctx, p)
	if err != nil {
		return err
	}
	rowOf := make(map[[2]string]db.OfficersUnderRow, len(rows))
	for _, r := range rows {
		rowOf[[2]string{r.Region, r.Key}] = r
	}
	for i, key := range k.Keys {
		name, at := resource.Sharded(resource.Officers, k.Regions[i], key), fmt.Sprintf("%s[%d]", field, i)
		switch r, found := rowOf[[2]string{k.Regions[i], key}]; {
		case key == "": // what is no name has been noted
		case !found:
			faults.Add(at, words.UnknownOfficer(name))
		case !r.Served:
			faults.Add(at, words.OfficerNotInOffice(words.Named(name, r.Title), w.ServedOn.String()))
		}
	}
	return nil
}

// CheckKnown notes a fault where a list, by a filter that may be empty, is asked for an officer whom there never was.
func CheckKnown(ctx context.Context, d access.Directory, faults *fault.Fields, field, name string) error {
	if name == "" {
		return nil
	}
	_, err := d.Officer(ctx, name)
	if fault.IsNotFound(err) {
		faults.Add(field, words.UnknownOfficer(name))
		return nil
	}
	return err
}
