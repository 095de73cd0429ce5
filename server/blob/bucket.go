package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket keeps each blob as an object of an S3 server.
type bucket struct {
	client *minio.Client
	name   string
}

// openBucket returns the bucket at the endpoint, a URL with http or https.
func openBucket(name, endpoint, region string) (*bucket, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("blobs: the endpoint of a bucket is a URL with http or https")
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewEnvAWS(), Secure: u.Scheme == "https", Region: region, BucketLookup: minio.BucketLookupPath,
	})
	return &bucket{client: client, name: name}, err
}

// Put implements Store.
func (b *bucket) Put(ctx context.Context, key string, content []byte) error {
	if err := check(key); err != nil {
		return err
	}
	_, err := b.client.PutObject(ctx, b.name, key, bytes.NewReader(content), int64(len(content)),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true})
	return err
}

// Get implements Store.
func (b *bucket) Get(ctx context.Context, key string) ([]byte, error) {
	if err := check(key); err != nil {
		return nil, err
	}
	object, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer object.Close() //nolint:errcheck // it is only read
	content, err := io.ReadAll(object)
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		err = ErrMissing
	}
	return content, err
}

// Delete implements Store.
func (b *bucket) Delete(ctx context.Context, key string) error {
	if err := check(key); err != nil {
		return err
	}
	return b.client.RemoveObject(ctx, b.name, key, minio.RemoveObjectOptions{})
}

// Each implements Store.
func (b *bucket) Each(ctx context.Context, do func(string, time.Time) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for object := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Recursive: true}) {
		if object.Err != nil {
			return object.Err
		}
		if check(object.Key) != nil {
			continue
		}
		if err := do(object.Key, object.LastModified); err != nil {
			return err
		}
	}
	return nil
}
