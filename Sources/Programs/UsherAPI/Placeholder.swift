// Programs/UsherAPI
