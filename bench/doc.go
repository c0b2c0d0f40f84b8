// Package bench measures Écluse's parts beside well-known ones that could do the
// same work, in one run on one machine. It is a module of its own, so that what
// it needs never becomes a dependency of Écluse. README.md tells what was seen
// and how fair it is.
package bench
