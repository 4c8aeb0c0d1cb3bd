package storage

import (
	"crypto/md5" // what Cloud Storage gives as a checksum
	"encoding/base64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// mostOnPage is how many objects Cloud Storage lists at a time.
const mostOnPage = 1000

// object is what lies in a bucket under a name.
type object struct {
	content    []byte
	generation int64
}

// Put stores an object, in place of what has its name, as a new generation. A bucket that is not there is made.
func (s *Server) Put(bucket, name string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.buckets, bucket) {
		s.buckets = append(s.buckets, bucket)
	}
	if s.objects[bucket] == nil {
		s.objects[bucket] = map[string]object{}
	}
	s.generation++
	s.objects[bucket][name] = object{content: slices.Clone(content), generation: s.generation}
}

// Remove takes an object away; one that is not there stays so.
func (s *Server) Remove(bucket, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects[bucket], name)
}

// list answers with the objects of a bucket: prefix, delimiter, maxResults and pageToken, which is the last name of the
// page before.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	bucket, ok := s.find(w, r, "storage.objects.list")
	if !ok {
		return
	}
	most := mostOnPage
	if n, err := strconv.Atoi(r.FormValue("maxResults")); err == nil && n > 0 {
		most = min(n, most)
	}
	prefix, delimiter := r.FormValue("prefix"), r.FormValue("delimiter")
	s.mu.Lock()
	names := slices.Sorted(maps.Keys(s.objects[bucket]))
	var items []map[string]any
	var folders []string
	last, more := "", false
	for _, name := range names {
		rest, under := strings.CutPrefix(name, prefix)
		if !under {
			continue
		}
		entry, folder := name, false
		if at := strings.Index(rest, delimiter); delimiter != "" && at >= 0 {
			entry, folder = prefix+rest[:at+len(delimiter)], true
		}
		if entry <= r.FormValue("pageToken") || entry == last {
			continue
		}
		if len(items)+len(folders) == most {
			more = true
			break
		}
		last = entry
		if folder {
			folders = append(folders, entry)
		} else {
			items = append(items, describe(bucket, name, s.objects[bucket][name]))
		}
	}
	s.mu.Unlock()
	body := map[string]any{"kind": "storage#objects"}
	if len(items) > 0 {
		body["items"] = items
	}
	if len(folders) > 0 {
		body["prefixes"] = folders
	}
	if more {
		body["nextPageToken"] = last
	}
	answer(w, http.StatusOK, body)
}

// object answers with what is known of an object, or with alt=media what is in it: of the generation that is asked for, if
// that is still the one there.
func (s *Server) object(w http.ResponseWriter, r *http.Request) {
	bucket, ok := s.find(w, r, "storage.objects.get")
	if !ok {
		return
	}
	name := r.PathValue("object")
	s.mu.Lock()
	o, found := s.objects[bucket][name]
	s.mu.Unlock()
	generation := strconv.FormatInt(o.generation, 10)
	asked, match := r.FormValue("generation"), r.FormValue("ifGenerationMatch")
	switch {
	case !found, asked != "" && asked != generation:
		refuse(w, http.StatusNotFound, "notFound", "No such object: "+bucket+"/"+name)
	case match != "" && match != generation:
		refuse(w, http.StatusPreconditionFailed, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
	case r.FormValue("alt") == "media":
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("X-Goog-Generation", generation)
		_, _ = w.Write(o.content)
	default:
		answer(w, http.StatusOK, describe(bucket, name, o))
	}
}

func describe(bucket, name string, o object) map[string]any {
	sum := md5.Sum(o.content)
	generation := strconv.FormatInt(o.generation, 10)
	return map[string]any{
		"kind": "storage#object", "id": bucket + "/" + name + "/" + generation, "name": name, "bucket": bucket, "generation": generation,
		"metageneration": "1", "size": strconv.Itoa(len(o.content)), "contentType": "application/octet-stream", "storageClass": "STANDARD",
		"md5Hash": base64.StdEncoding.EncodeToString(sum[:]),
	}
}
