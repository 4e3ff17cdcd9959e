package words

import (
	"context"

	"google.golang.org/grpc/metadata"
)

// CallerLang is the language that the caller of an RPC asks for in accept-language; Chinese where it asks for none.
func CallerLang(ctx context.Context) Lang {
	if values := metadata.ValueFromIncomingContext(ctx, "accept-language"); len(values) > 0 {
		return ParseLang(values[0])
	}
	return Chinese
}
