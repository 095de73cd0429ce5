// Package ent has the data: entities and their row rules. Everything in this folder but its sub-packages
// arg, clock, code, gid, lifecycle, rule, schema, store, template and viewer is generated.
package ent

//go:generate go tool ent generate --feature privacy,intercept,schema/snapshot,sql/modifier --template dir=./template ./schema
