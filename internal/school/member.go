package school

// A MemberID names a membership: one person, one role, one school. It is unique
// over all schools.
type MemberID int64
