"""Response: automation rules react to the history of incidents, playbooks tell the world about it. Changes of incidents and
people's tests come in; changes, messages, webhooks and local commands go out, to addresses that a person allowed and to no
others, each at least once with an idempotency key."""
