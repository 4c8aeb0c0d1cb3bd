package sampleapp

import (
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
)

// mostKept is how many users, tokens and resources a State keeps of each; the oldest is forgotten for a new one.
const mostKept = 1000

// State is the database of one service, in memory. The revisions of a service share one, so that a release finds what
// another version has stored. All methods may be called at any time from any goroutine.
type State struct {
	mu        sync.Mutex
	users     shelf[user] // by e-mail
	tokens    shelf[user]
	resources shelf[resource]
	made      int // resources so far
	joined    int // users so far
}

// user is somebody who has registered.
type user struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

type resource struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Owner string `json:"owner"`
}

// NewState is an empty database.
func NewState() *State {
	return &State{users: newShelf[user](), tokens: newShelf[user](), resources: newShelf[resource]()}
}

// register keeps a user, or renames the one who has this e-mail already.
func (s *State) register(email, name string) user {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, known := s.users.of[email]
	if !known {
		s.joined++
		u = user{ID: fmt.Sprintf("user-%d", s.joined), Email: email}
	}
	u.Name = name
	s.users.put(email, u)
	return u
}

// login makes a token for a user who has registered.
func (s *State) login(email string) (token string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.users.of[email]
	if !ok {
		return "", false
	}
	token = "practice-token-" + rand.Text()
	s.tokens.put(token, u)
	return token, true
}

// holder is who has a token.
func (s *State) holder(token string) (user, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ok := s.tokens.of[token]
	return u, ok
}

func (s *State) create(owner user, name string) resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	r := resource{ID: fmt.Sprintf("resource-%d", s.made), Name: name, Owner: owner.ID}
	s.resources.put(r.ID, r)
	return r
}

// find is a resource of this owner; those of others are not there.
func (s *State) find(owner user, id string) (resource, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.resources.of[id]
	return r, ok && r.Owner == owner.ID
}

// list is the resources of this owner, oldest first.
func (s *State) list(owner user) []resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []resource{}
	for _, id := range s.resources.order {
		if r := s.resources.of[id]; r.Owner == owner.ID {
			list = append(list, r)
		}
	}
	return list
}

// remove reports whether the owner had such a resource.
func (s *State) remove(owner user, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.resources.of[id]; !ok || r.Owner != owner.ID {
		return false
	}
	s.resources.drop(id)
	return true
}

// shelf holds mostKept things at most.
type shelf[V any] struct {
	of    map[string]V
	order []string // keys, oldest first
}

func newShelf[V any]() shelf[V] { return shelf[V]{of: map[string]V{}} }

func (s *shelf[V]) put(key string, v V) {
	if _, known := s.of[key]; !known {
		if len(s.order) == mostKept {
			s.drop(s.order[0])
		}
		s.order = append(s.order, key)
	}
	s.of[key] = v
}

func (s *shelf[V]) drop(key string) {
	delete(s.of, key)
	s.order = slices.DeleteFunc(s.order, func(k string) bool { return k == key })
}
