// Package blob keeps the bytes of documents: in a folder, or in a bucket of an S3 server. What it keeps is enciphered with
// a key of the installation, so that whoever comes upon a disk or a bucket reads nothing of it.
package blob

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// ErrName refuses a key that was not made by the server.
var ErrName = errors.New("blob: a key is 64 hexadecimal digits")

// ErrMissing says that nothing is kept under the key; it is fs.ErrNotExist as well.
var ErrMissing = fmt.Errorf("blob: %w", fs.ErrNotExist)

// Store keeps bytes under keys of 64 hexadecimal digits. What was put is whole or not there.
type Store interface {
	// Put keeps the content; it is there for good once Put returns.
	Put(ctx context.Context, key string, content []byte) error
	// Get returns the content, or ErrMissing.
	Get(ctx context.Context, key string) ([]byte, error)
	// Delete removes the content; that there is none is no error.
	Delete(ctx context.Context, key string) error
	// Each calls do with what is kept and when it was put, in no order, until do fails.
	Each(ctx context.Context, do func(key string, put time.Time) error) error
}

var keys = regexp.MustCompile(`^[0-9a-f]{64}$`)

func check(key string) error {
	if !keys.MatchString(key) {
		return ErrName
	}
	return nil
}

// Open returns the store of the setting: a path, or s3://BUCKET?endpoint=URL&region=REGION with credentials from the
// environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY). The secret is 32 bytes; what was put under one is read under
// no other.
func Open(setting string, secret []byte) (Store, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(setting, "s3:") {
		return &sealed{Store: folder(setting), aead: aead}, nil
	}
	u, err := url.Parse(setting)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("blobs: an S3 bucket is s3://BUCKET?endpoint=URL")
	}
	b, err := openBucket(u.Host, u.Query().Get("endpoint"), u.Query().Get("region"))
	if err != nil {
		return nil, err
	}
	return &sealed{Store: b, aead: aead}, nil
}

// sealed enciphers what a store keeps. The key is sealed in, so that no blob can stand for another.
type sealed struct {
	Store
	aead cipher.AEAD
}

// Put implements Store.
func (s *sealed) Put(ctx context.Context, key string, content []byte) error {
	return s.Store.Put(ctx, key, s.aead.Seal(nil, nil, content, []byte(key)))
}

// Get implements Store.
func (s *sealed) Get(ctx context.Context, key string) ([]byte, error) {
	content, err := s.Store.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	if content, err = s.aead.Open(nil, nil, content, []byte(key)); err != nil {
		return nil, fmt.Errorf("blob %s was kept under another secret, or is damaged", key)
	}
	return content, nil
}
