def add_to_cart(request, product_id):
    product = get_object_or_404(Product, pk=product_id)
    cart = request.session.setdefault("cart", {})
    line = cart.setdefault(str(product.pk), {
        "name": product.name, "price": str(product.price), "quantity": 0,
    })
    line["quantity"] = min(line["quantity"] + 1, 99)
    request.session.modified = True  # a change inside a value is not noticed
    return redirect("view_cart")


def view_cart(request):
    cart = request.session.get("cart", {})
    total = sum(Decimal(l["price"]) * l["quantity"] for l in cart.values())
    return render(request, "cart.html", {"cart": cart, "total": total})
