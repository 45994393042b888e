-- Of the windows that a task was counted in only what the row does not say anyway: period and label, by scope. It was the largest part of most rows.
UPDATE tasks SET counted = json_object(
  'team', json((SELECT json_group_array(json_array(value ->> 'per', value ->> 'label')) FROM json_each(tasks.counted) WHERE value ->> 'scope' = 'team')),
  'key', json((SELECT json_group_array(json_array(value ->> 'per', value ->> 'label')) FROM json_each(tasks.counted) WHERE value ->> 'scope' = 'key')));
