"""What the tables look like: the described ones, the gateway's own and how they are made, what a site really has."""
