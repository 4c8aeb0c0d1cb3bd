package workspace

// method is one method of the Web API: which token and scope it wants, how often, and what it does.
// run is called with the workspace locked.
type method struct {
	app       bool // wants the app-level token
	scope     string
	perMinute int
	run       func(w *Workspace, a args) (reply, error)
}

// methods are what the workspace offers, with the tiers of Slack's method pages.
var methods = map[string]method{
	"auth.test":             {scope: "", perMinute: special, run: (*Workspace).authTest},
	"apps.connections.open": {app: true, scope: "connections:write", perMinute: tier3, run: (*Workspace).connectionsOpen},

	"chat.postMessage":   {scope: "chat:write", perMinute: perChannel, run: (*Workspace).postMessage},
	"chat.update":        {scope: "chat:write", perMinute: tier3, run: (*Workspace).updateMessage},
	"chat.delete":        {scope: "chat:write", perMinute: tier3, run: (*Workspace).deleteMessage},
	"chat.postEphemeral": {scope: "chat:write", perMinute: tier4, run: (*Workspace).postEphemeral},
	"chat.getPermalink":  {scope: "", perMinute: special, run: (*Workspace).getPermalink},
	"reactions.add":      {scope: "reactions:write", perMinute: tier3, run: (*Workspace).addReaction},

	"conversations.list":    {scope: "channels:read", perMinute: tier2, run: (*Workspace).listConversations},
	"conversations.info":    {scope: "channels:read", perMinute: tier3, run: (*Workspace).conversationInfo},
	"conversations.members": {scope: "channels:read", perMinute: tier4, run: (*Workspace).conversationMembers},
	"conversations.join":    {scope: "channels:join", perMinute: tier3, run: (*Workspace).joinConversation},
	"conversations.history": {scope: "channels:history", perMinute: tier3, run: (*Workspace).conversationHistory},
	"conversations.replies": {scope: "channels:history", perMinute: tier3, run: (*Workspace).conversationReplies},

	"users.info":            {scope: "users:read", perMinute: tier4, run: (*Workspace).userInfo},
	"users.list":            {scope: "users:read", perMinute: tier2, run: (*Workspace).listUsers},
	"bots.info":             {scope: "users:read", perMinute: tier3, run: (*Workspace).botInfo},
	"team.info":             {scope: "team:read", perMinute: tier3, run: (*Workspace).teamInfo},
	"usergroups.list":       {scope: "usergroups:read", perMinute: tier2, run: (*Workspace).listGroups},
	"usergroups.users.list": {scope: "usergroups:read", perMinute: tier2, run: (*Workspace).listGroupMembers},

	"views.open":    {scope: "", perMinute: tier4, run: (*Workspace).openView},
	"views.push":    {scope: "", perMinute: tier4, run: (*Workspace).pushView},
	"views.update":  {scope: "", perMinute: tier4, run: (*Workspace).updateView},
	"views.publish": {scope: "", perMinute: tier4, run: (*Workspace).publishView},

	"files.getUploadURLExternal":   {scope: "files:write", perMinute: tier4, run: (*Workspace).uploadURL},
	"files.completeUploadExternal": {scope: "files:write", perMinute: tier4, run: (*Workspace).completeUpload},
}

// HasMethod says whether calls of a name can be given faults: a method of the Web API that is offered,
// ResponseURL or UploadURL.
func HasMethod(name string) bool {
	_, ok := methods[name]
	return ok || name == ResponseURL || name == UploadURL
}
