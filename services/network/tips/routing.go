package tips

import (
	"context"
	"slices"

	networkv1 "github.com/qingfeng-suite/qingfeng/proto/qingfeng/network/v1"
	"github.com/qingfeng-suite/qingfeng/services/internal/access"
	"github.com/qingfeng-suite/qingfeng/services/internal/fault"
)

// route finds the unit that handles a tip: the recipient, or the one above the unit concerned. Where the leaders of the
// unit concerned are meant, or the sender serves there, that unit is skipped: nobody handles a report about themselves.
func (s *Server) route(ctx context.Context, req *networkv1.SubmitTipRequest, about *networkv1.Unit) (*networkv1.Unit, error) {
	above := append(slices.Clone(about.GetAncestors()), about.GetName())
	recipient := req.GetRecipient()
	if recipient != "" && !slices.Contains(above, recipient) {
		return nil, fault.Invalid("recipient", "not_above", "unit", about.GetName())
	}
	skip := req.GetContent().GetAboutLeaders() || access.From(ctx).Unit == about.GetName()
	if recipient == "" || recipient == about.GetName() && skip {
		recipient = about.GetParent()
	}
	if recipient == "" && !skip {
		recipient = about.GetName() // the root handles what is about its own remit, though not about its leaders
	}
	if recipient == "" {
		return nil, fault.Precondition("NO_UNIT_ABOVE", "unit", about.GetName()).At("content.unit")
	}
	return access.LookUp(ctx, s.directory, "recipient", recipient)
}
