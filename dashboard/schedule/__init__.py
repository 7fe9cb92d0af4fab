"""The one scheduler: what is due, who may run it, what has run. Jobs with a name, a rhythm and a function come in; each
due moment is run once in effect, by whichever process holds the lease in the store. It does not know what it runs."""
