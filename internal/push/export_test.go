package push

// What the tests of the RFC's example and of addresses look at.
var (
	Seal       = seal
	PublicOnly = publicOnly
)
