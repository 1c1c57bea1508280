// UsherStore
