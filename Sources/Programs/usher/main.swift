// usher
