package webhook

// Secret is what reports are signed with. It shows as *** wherever it is printed, logged or marshalled.
type Secret string

const hidden = "***"

// String hides the secret.
func (Secret) String() string { return hidden }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return hidden }

// MarshalText hides the secret from JSON and logs.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func (s Secret) reveal() string { return string(s) }
