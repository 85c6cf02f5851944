"""What a point of sale may ask of a pre-sale, one module per action, behind one door (``atender``)."""
