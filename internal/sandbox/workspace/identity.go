package workspace

func (w *Workspace) authTest(args) (reply, error) {
	return reply{
		"url": "https://" + TeamDomain + ".slack.com/", "team": TeamDomain, "user": "slipway", "team_id": TeamID,
		"user_id": BotUserID, "bot_id": BotID, "is_enterprise_install": false,
	}, nil
}

func (w *Workspace) teamInfo(args) (reply, error) {
	return reply{"team": map[string]any{"id": TeamID, "name": TeamDomain, "domain": TeamDomain, "email_domain": "example.com"}}, nil
}

func (w *Workspace) botInfo(a args) (reply, error) {
	if id := a.str("bot"); id != "" && id != BotID {
		return nil, refuse("bot_not_found")
	}
	return reply{"bot": map[string]any{"id": BotID, "deleted": false, "name": "Slipway", "app_id": AppID, "user_id": BotUserID}}, nil
}

func (w *Workspace) userWire(p *Person) map[string]any {
	u := map[string]any{
		"id": p.ID, "team_id": p.TeamID, "name": p.Name, "real_name": p.RealName, "deleted": p.Deleted, "is_bot": p.IsBot,
		"is_restricted": p.Restricted, "is_ultra_restricted": false, "is_app_user": false, "is_admin": false, "is_owner": false,
		"tz": "Etc/UTC", "tz_label": "UTC", "tz_offset": 0, "updated": 1,
		"profile": map[string]any{"real_name": p.RealName, "display_name": p.Name, "team": p.TeamID, "email": p.Name + "@example.com"},
	}
	if p.TeamID != TeamID {
		u["is_stranger"] = !w.meetsBot(p)
	}
	return u
}

// meetsBot tells whether the bot shares a channel with someone; of others Slack says is_stranger.
func (w *Workspace) meetsBot(p *Person) bool {
	for _, r := range w.rooms {
		if r.has(p.ID) && r.has(BotUserID) {
			return true
		}
	}
	return false
}

func (w *Workspace) userInfo(a args) (reply, error) {
	p := w.person(a.str("user"))
	if p == nil || p.ID != a.str("user") {
		return nil, refuse("user_not_found")
	}
	return reply{"user": w.userWire(p)}, nil
}

func (w *Workspace) listUsers(a args) (reply, error) {
	all := []map[string]any{}
	for _, p := range w.people {
		all = append(all, w.userWire(p))
	}
	some, next, err := page(all, a, 1000, 1000)
	if err != nil {
		return nil, err
	}
	return reply{"members": some, "cache_ts": w.opts.Now().Unix(), "response_metadata": metadataOf(next)}, nil
}

func (w *Workspace) listGroups(a args) (reply, error) {
	all := []map[string]any{}
	for _, g := range w.groups {
		wire := map[string]any{
			"id": g.ID, "team_id": TeamID, "is_usergroup": true, "name": g.Name, "handle": g.Handle, "description": "",
			"is_external": false, "date_create": 1, "date_update": 1, "date_delete": 0, "created_by": "U0ALICE",
			"prefs": map[string]any{"channels": []string{}, "groups": []string{}},
		}
		if a.flag("include_count") {
			wire["user_count"] = len(g.Members)
		}
		if a.flag("include_users") {
			wire["users"] = g.Members
		}
		all = append(all, wire)
	}
	return reply{"usergroups": all}, nil
}

func (w *Workspace) listGroupMembers(a args) (reply, error) {
	g := w.group(a.str("usergroup"))
	if g == nil || g.ID != a.str("usergroup") {
		return nil, refuse("no_such_subteam")
	}
	return reply{"users": append([]string{}, g.Members...)}, nil
}
