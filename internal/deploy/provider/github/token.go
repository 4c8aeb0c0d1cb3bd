package github

// Token is an access token. It shows as *** wherever it is printed, logged or marshalled.
type Token string

const hidden = "***"

// String hides the token.
func (Token) String() string { return hidden }

// GoString hides the token from %#v.
func (Token) GoString() string { return hidden }

// MarshalText hides the token from JSON and logs.
func (Token) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func (t Token) reveal() string { return string(t) }
