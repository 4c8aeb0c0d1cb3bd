package sampleapp

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// maxBody bounds what a request may carry.
const maxBody = 64 << 10

// register is POST /api/v1/users. An e-mail that is known already is no error, so that a check may tell its story again.
func (a *app) register(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Email string `json:"email"`
		Name  string `json:"name"`
	}
	if !read(w, r, &in) {
		return
	}
	if !strings.Contains(in.Email, "@") {
		answer(w, http.StatusBadRequest, problem("email is missing"))
		return
	}
	answer(w, http.StatusCreated, a.cfg.State.register(in.Email, in.Name))
}

// login is POST /api/v1/auth/login. The guide registers users without a password, so any is right.
func (a *app) login(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if !read(w, r, &in) {
		return
	}
	token, ok := a.cfg.State.login(in.Email)
	if !ok || in.Password == "" {
		unauthorised(w)
		return
	}
	answer(w, http.StatusOK, map[string]string{"token": token})
}

// createResource is POST /api/v1/resources.
func (a *app) createResource(w http.ResponseWriter, r *http.Request, u user) {
	var in struct {
		Name string `json:"name"`
	}
	if !read(w, r, &in) {
		return
	}
	if in.Name == "" {
		answer(w, http.StatusBadRequest, problem("name is missing"))
		return
	}
	made := a.cfg.State.create(u, in.Name)
	w.Header().Set("Location", "/api/v1/resources/"+made.ID)
	answer(w, http.StatusCreated, made)
}

// listResources is GET /api/v1/resources.
func (a *app) listResources(w http.ResponseWriter, _ *http.Request, u user) {
	answer(w, http.StatusOK, map[string]any{"resources": a.cfg.State.list(u)})
}

// getResource is GET /api/v1/resources/ID.
func (a *app) getResource(w http.ResponseWriter, r *http.Request, u user) {
	found, ok := a.cfg.State.find(u, r.PathValue("id"))
	if !ok {
		answer(w, http.StatusNotFound, problem("not found"))
		return
	}
	answer(w, http.StatusOK, found)
}

// deleteResource is DELETE /api/v1/resources/ID.
func (a *app) deleteResource(w http.ResponseWriter, r *http.Request, u user) {
	if !a.cfg.State.remove(u, r.PathValue("id")) {
		answer(w, http.StatusNotFound, problem("not found"))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// signedIn lets those through who hold a token of a login.
func (a *app) signedIn(next func(http.ResponseWriter, *http.Request, user)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		u, ok := a.cfg.State.holder(bearer(r))
		if !ok {
			unauthorised(w)
			return
		}
		next(w, r, u)
	}
}

// bearer is the token of a request, or "".
func bearer(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}

func unauthorised(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	answer(w, http.StatusUnauthorized, problem("unauthorised"))
}

func problem(what string) map[string]string { return map[string]string{"error": what} }

// read reads a JSON body into v, or answers what is wrong with it.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(v)
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &large):
		answer(w, http.StatusRequestEntityTooLarge, problem("the body is too large"))
	default:
		answer(w, http.StatusBadRequest, problem("the body is not JSON"))
	}
	return false
}
