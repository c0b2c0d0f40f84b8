package page

// Renew sets a new password with the code of a slip, or half-way through a sign-in
// in which a proof was given that a thief of the old one lacks. It posts login,
// code, new, again and next to RenewURL; the address may fill in login and slip.
type Renew struct {
	Frame
	Name    string // who is half-way through signing in; "" asks for the login
	Proved  bool   // no slip is needed any more
	Vouched bool   // a teacher's word would do in place of a slip
	Problem string
	Login   Field
	Code    Field
	New     Field // only its Error is shown
	Next    string
	Kept    []Choice
}
