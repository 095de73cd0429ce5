// Package graph is the API: it resolves the contract of schema.graphqls over the entities. A file holds one
// capability. Resolvers are written by hand; one that is missing is a compile error of the generated code's user.
package graph

//go:generate go tool gqlgen generate
