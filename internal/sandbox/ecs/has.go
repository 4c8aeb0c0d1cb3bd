package ecs

// Has says whether there is a service of this name, in any cluster.
func (s *Server) Has(name string) bool { return s.lever(name, func(*service) {}) == nil }
