"""What is derived from an image, as data: variants, recipes, and the set of recipes in recipes.yml."""
