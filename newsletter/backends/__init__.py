"""anymail's backends, with what batches need of some providers: see `newsletter.providers`.

Two attributes of a message are ours. `copies`: by address, the text and the HTML of this reader's
own copy. `idempotency_key`: by which the provider knows a repetition.
"""
