// Programs/UsherClient
