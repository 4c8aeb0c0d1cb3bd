package commands

import (
	"context"

	"slipway/internal/deploy"
)

// Directory knows who people are. Answers may be a minute old.
type Directory interface {
	// Person looks a user up. NotFound if there is none of that id, Unavailable if nobody could be asked.
	Person(ctx context.Context, id deploy.UserID) (Person, error)
	// Members lists a user group. NotFound if there is none of that name, Unavailable if nobody could be asked.
	Members(ctx context.Context, group deploy.Principal) ([]deploy.UserID, error)
}

// Person is who a user id belongs to. Name is for reading only: its owner can change it.
type Person struct {
	ID      deploy.UserID
	Team    string
	Guest   bool
	Bot     bool
	Deleted bool
	Name    string
}
