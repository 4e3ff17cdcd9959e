package suite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/qingfeng-suite/qingfeng/services/internal/database"
	"github.com/qingfeng-suite/qingfeng/services/internal/keyfile"
	"github.com/qingfeng-suite/qingfeng/services/internal/record"
)

// Keys of an instance, files in the folder keys of its data folder.
const (
	tokenKey    = "token.pem"
	sourceKey   = "source.key"
	deliveryKey = "delivery.key"
	leadKey     = "leads.key"
)

// KeyNames are the names of all keys.
func KeyNames() []string { return []string{tokenKey, sourceKey, deliveryKey, leadKey} }

// ErrKey is a key that is not the one the instance has had. Its message is in English and Chinese, as all that stop a start are.
var ErrKey = errors.New("not the instance's key")

func (c Config) keyFile(name string) string { return filepath.Join(c.Data, "keys", name) }

// keyring watches over the keys of an instance: its database knows their fingerprints, so that none is ever made anew, or
// exchanged, beside the data of another.
type keyring struct {
	cfg   Config
	db    *database.DB
	known map[string][]byte // fingerprints by name
	used  bool              // there is data
}

func openKeyring(ctx context.Context, cfg Config, db *database.DB) (*keyring, error) {
	k := &keyring{cfg: cfg, db: db, known: map[string][]byte{}}
	rows, err := db.Query(ctx, "SELECT name, fingerprint FROM public.instance_keys")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var fingerprint []byte
		if err := rows.Scan(&name, &fingerprint); err != nil {
			return nil, err
		}
		k.known[name] = fingerprint
	}
	return k, rows.Err()
}

// lookForData finds out whether any of the services has a journal: an instance from before fingerprints were kept has data, and
// none of them.
func (k *keyring) lookForData(ctx context.Context, stores map[string]*record.Store) error {
	for _, store := range stores {
		var used bool
		if err := store.QueryRow(ctx, "SELECT EXISTS (SELECT FROM journal)").Scan(&used); err != nil {
			return err
		}
		k.used = k.used || used
	}
	return nil
}

// requireKnown refuses a start without a key that the instance has had, or that its data must have been made with, unless a new
// one is asked for.
func (k *keyring) requireKnown(names ...string) error {
	var missing []error
	for _, name := range names {
		_, err := os.Stat(k.cfg.keyFile(name))
		if (k.known[name] != nil || k.used) && errors.Is(err, fs.ErrNotExist) && !slices.Contains(k.cfg.NewKeys, name) {
			missing = append(missing,
				k.refuse(name, "is missing, and the data of this instance was made with it", "缺失，而本实例的数据用到它"))
		}
	}
	return errors.Join(missing...)
}

// note stores the fingerprints of keys, and refuses others than the instance has had, unless they are asked for.
func (k *keyring) note(ctx context.Context, names ...string) error {
	var others []error
	for _, name := range names {
		text, err := keyfile.Read(k.cfg.keyFile(name))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(append([]byte("qingfeng key\n"), bytes.TrimSpace(text)...))
		replace := slices.Contains(k.cfg.NewKeys, name)
		var stored []byte
		if err := k.db.QueryRow(ctx, `INSERT INTO public.instance_keys AS k (name, fingerprint) VALUES ($1, $2) ON CONFLICT (name)
			DO UPDATE SET fingerprint = CASE WHEN $3 THEN excluded.fingerprint ELSE k.fingerprint END RETURNING fingerprint`,
			name, sum[:], replace).Scan(&stored); err != nil {
			return err
		}
		if !bytes.Equal(stored, sum[:]) {
			others = append(others, k.refuse(name, "is another key than the one that the data of this instance was made with",
				"不是本实例数据所用的密钥"))
		}
	}
	return errors.Join(others...)
}

// refuse says what is wrong with a key and what to do about it.
func (k *keyring) refuse(name, en, zh string) error {
	file := k.cfg.keyFile(name)
	return fmt.Errorf("%w: %s %s; restore it from the back-up, or copy it from another machine of the instance; only if it is"+
		" lost for good, start once with --new-key %s / 密钥文件 %s %s，请从备份恢复，或从本实例的其他机器复制；确已丢失的，用 --new-key %s 启动一次",
		ErrKey, file, en, name, file, zh, name)
}
