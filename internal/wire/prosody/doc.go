// Package prosody holds the tests of integrations/prosody, the module by which
// Prosody asks Écluse: they run the real server with the published module and
// configuration. Nothing of it is part of the program; the module speaks to the
// JSON interface (internal/api).
package prosody
