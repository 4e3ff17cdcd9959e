package inbox

// Permissions are what reading messages takes, by the beginning of their kinds.
var Permissions = permissions
