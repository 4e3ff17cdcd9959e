package inbox

// Permissions are what reading messages takes, by the beginning of their kinds.
var Permissions = permissions

// Readings are the permissions under which something can be got by the name of a record, by the collection in its name.
var Readings = readings
