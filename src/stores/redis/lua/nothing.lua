-- What every script begins with: the last of its names is one under which nothing ever is.
-- While a slot moves to another node of a cluster, a script would not find what has not moved yet, or end halfway. But if one of several names that Redis was given leads to nothing there,
-- it refuses before the script begins. https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#multi-keys-operations
table.remove(KEYS)
