package graph

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/carehub/carehub/ent/clock"
	"github.com/carehub/carehub/ent/viewer"
	"github.com/carehub/carehub/graph/fault"
	"github.com/carehub/carehub/graph/model"
)

// linkLife is how long a link to a document works.
const linkLife = 5 * time.Minute

// DocumentPath is where links to documents lead.
const DocumentPath = "/documents/"

// errLink refuses a link, whatever is wrong with it.
var errLink = fault.New(fault.NotFound, "the link does not work, or not any more")

// link lets one identity load one document until a moment.
type link struct {
	document, identity uuid.UUID
	expires            time.Time
	portal             string
}

// CreateDocumentLink resolves Mutation.createDocumentLink.
func (r mutationResolver) CreateDocumentLink(ctx context.Context, input model.CreateDocumentLinkInput) (*model.CreateDocumentLinkPayload, error) {
	if err := expect(input.DocumentID, "document", "input.documentId"); err != nil {
		return nil, err
	}
	ctx, err := r.Identities.Fresh(ctx)
	if err != nil {
		return nil, err
	}
	row, err := r.Client.Document.Get(ctx, input.DocumentID.UUID)
	if err != nil {
		return nil, missing(err, "document", "input.documentId")
	}
	v := viewer.From(ctx)
	l := link{document: row.ID, identity: v.Key, portal: v.Portal, expires: clock.Now(ctx).Add(linkLife).Truncate(time.Second)}
	return &model.CreateDocumentLinkPayload{Path: DocumentPath + l.token(r.LinkKey), ExpiresAt: l.expires}, nil
}

// token is the link as a text that only the holder of the key can make.
func (l link) token(key []byte) string {
	said := slices.Concat(l.document[:], l.identity[:])
	said = binary.BigEndian.AppendUint64(said, uint64(l.expires.Unix())) //nolint:gosec // after 1970
	said = append(said, l.portal...)
	return base64.RawURLEncoding.EncodeToString(append(said, signed(key, said)...))
}

func signed(key, said []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(said)
	return mac.Sum(nil)
}

// readLink reads a link that this installation made and that still works.
func readLink(ctx context.Context, key []byte, token string) (l link, err error) {
	const fixed = 16 + 16 + 8
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(key) == 0 || len(text) < fixed+sha256.Size {
		return l, errLink
	}
	said, mac := text[:len(text)-sha256.Size], text[len(text)-sha256.Size:]
	if !hmac.Equal(mac, signed(key, said)) {
		return l, errLink
	}
	copy(l.document[:], said)
	copy(l.identity[:], said[16:])
	l.expires = time.Unix(int64(binary.BigEndian.Uint64(said[32:])), 0) //nolint:gosec // the server wrote it
	l.portal = string(said[fixed:])
	if !clock.Now(ctx).Before(l.expires) {
		return l, errLink
	}
	return l, nil
}
